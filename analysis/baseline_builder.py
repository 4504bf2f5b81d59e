"""Makes a baseline from finished runs, and from those of an earlier baseline where it is extended."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from analysis.arms import NOT_COMPARED
from analysis.baseline import LARGEST_BYTES, LEAST_RUNS, Baseline, BaselineKind
from analysis.baseline_noise import noise_of
from analysis.baseline_parts import BaselineEnvironment, Gating, StoredRun
from analysis.canonical import canonical_text
from analysis.errors import InvalidRunError, UsageError
from analysis.histogram import Histogram
from analysis.judged_run import JudgedRun, read_like_runs
from analysis.measurement import GENERATOR, merged
from analysis.metric import PROMETHEUS
from analysis.plural import plural
from analysis.run_summary import Summary
from analysis.warm_up import WarmUp, warm_up_of

_SPARE_BYTES = 4_000
"""For what is added later: the id of the baseline that was there before, the noise of pairs and of weeks."""

_HASH_BYTES = 64
"""Of the content, which is not known before the end."""

_POOL_BYTES = 15_000
"""Kept for histograms of what decides, before metrics that only inform."""

_POOLED_FIRST = ("response", "ttft", "gap", "service", "ttfb", "ttft_service", "tpot", "max_gap")
_KEPT = frozenset({"response", "ttft", "errors", "goodput", "throughput"})
"""Metrics that decide something, which every baseline has."""


def baseline_of(like_runs: Sequence[JudgedRun], earlier: Baseline | None = None) -> Baseline:
    """A candidate from five runs or more that are valid and alike.

    The runs of an `earlier` baseline of the same setting count as well, as a session of their own: the
    scatter between sessions is then known. InvalidRunError names a run that cannot be trusted and why;
    UsageError says that there are too few, or how the earlier ones differ.
    """
    count = len(like_runs) + (0 if earlier is None else len(earlier.runs))
    if count < LEAST_RUNS:
        raise UsageError(f"found {plural(count, 'run')}, wanted {LEAST_RUNS} or more for a baseline")
    runs = sorted(like_runs, key=lambda run: (run.log.run.start_ns, run.log.run.run_id))
    for run in runs:
        if run.unfit is not None:
            raise InvalidRunError(f"{run.log.run.run_id} cannot be part of a baseline: {run.unfit}")
    last = runs[-1].log.run
    setting = runs[-1].setting
    stored = tuple(_stored(run) for run in runs)
    if earlier is not None:
        stored = _joined(earlier, stored, earlier.setting.differing_from(setting))
    rules = runs[-1].rules
    bare = Baseline(
        baseline_id=f"{_compact(last.start_utc)}-{setting.target}-{setting.profile}-{runs[-1].env8}",
        kind=BaselineKind.CANDIDATE,
        supersedes=None,
        created_utc=last.start_utc,
        target=setting.target,
        profile=setting.profile,
        scenario_sha256=setting.scenario_sha256,
        env8=runs[-1].env8,
        environment=BaselineEnvironment(
            last.environment.hard, last.environment.soft, last.environment.ignored
        ),
        clock=setting.clock,
        workers=setting.workers,
        runs=stored,
        pooled={},
        prometheus=_prometheus(stored),
        noise=noise_of(stored, rules),
        provenance={
            "versions": dict(last.versions),
            "git": None if last.git is None else {"commit": last.git.commit, "dirty": last.git.dirty},
            "mode": last.mode.value,
            "base_url": last.base_url,
        },
        gating=Gating(rules.model, tuple(sorted(rules.streams)), dict(rules.margins), dict(rules.mix)),
        warm_up=_warm_up(runs, earlier),
    )
    fitting = _fitting(bare)
    histograms = merged([run.measurement.whole for run in runs]).histograms
    if earlier is not None:
        histograms = _pooled_with(histograms, earlier)
    return replace(fitting, pooled=_pooled(histograms, LARGEST_BYTES - _size(fitting))).sealed()


def build_baseline(paths: Sequence[Path], earlier: Baseline | None = None) -> Baseline:
    """The same from run directories; UsageError says what differs between them."""
    return baseline_of(read_like_runs(paths), earlier)


def _warm_up(runs: Sequence[JudgedRun], earlier: Baseline | None) -> WarmUp | None:
    """Too few new runs have nothing to say against the earlier ones."""
    found = warm_up_of([run.course for run in runs if run.course is not None])
    return earlier.warm_up if found is None and earlier is not None else found


def _joined(
    earlier: Baseline, stored: tuple[StoredRun, ...], differing: Sequence[str]
) -> tuple[StoredRun, ...]:
    if differing:
        raise UsageError(
            f"{earlier.baseline_id} and the new runs are not alike, these keys differ: "
            f"{', '.join(differing)}; record a baseline of its own"
        )
    twice = sorted({run.run_id for run in earlier.runs} & {run.run_id for run in stored})
    if twice:
        raise UsageError(f"{earlier.baseline_id}: found {twice[0]} in it already, wanted other runs")
    return tuple(sorted((*earlier.runs, *stored), key=lambda run: (run.start_utc, run.run_id)))


def _pooled_with(histograms: Mapping[str, Histogram], earlier: Baseline) -> dict[str, Histogram]:
    """Only where the earlier runs' are known: a pool must hold all runs or none."""
    pooled = {}
    for tag, encoded in earlier.pooled.items():
        if tag in histograms:
            pooled[tag] = Histogram.decode(encoded)
            pooled[tag].merge(histograms[tag])
    return pooled


def _fitting(baseline: Baseline) -> Baseline:
    """Without metrics for information, as far as the size asks: those of stages go first."""
    names = {
        name
        for run in baseline.runs
        for key in run.series
        if (name := key.partition(".")[2]) not in _KEPT and not name.startswith(PROMETHEUS)
    }
    order = {name: place for place, name in enumerate(_POOLED_FIRST)}
    for name in sorted(names, key=lambda name: (order.get(name, len(order)), name), reverse=True):
        if _size(baseline) <= LARGEST_BYTES - _POOL_BYTES:
            break
        runs = tuple(
            replace(run, series={k: v for k, v in run.series.items() if k.partition(".")[2] != name})
            for run in baseline.runs
        )
        baseline = replace(baseline, runs=runs)
    return baseline


def _size(baseline: Baseline) -> int:
    return len(baseline.to_json().encode()) + _HASH_BYTES + _SPARE_BYTES


def _stored(run: JudgedRun) -> StoredRun:
    summary = run.summary()
    counts = {
        endpoint: {"due": own.due, "started": own.started, "ok": own.ok, "failed": own.failures}
        for endpoint, own in run.measurement.whole.totals.items()
        if endpoint != GENERATOR
    }
    validity = {check.name: check.value for check in run.checks if check.value is not None}
    series = {
        key: value for key, value in summary.series.items() if key.partition(".")[2] not in NOT_COMPARED
    }
    return StoredRun(summary.run_id, summary.start_utc, summary.measured_s, series, counts, validity)


def _pooled(histograms: Mapping[str, Histogram], left: int) -> dict[str, str]:
    """Response and first-token histograms first, as many as the size allows."""
    order = {name: place for place, name in enumerate(_POOLED_FIRST)}
    tags = [tag for tag in histograms if tag.partition(".")[2] in order]
    pooled: dict[str, str] = {}
    for tag in sorted(tags, key=lambda tag: (order[tag.partition(".")[2]], tag)):
        encoded = histograms[tag].encode()
        size = len(canonical_text({tag: encoded}).encode())
        if size <= left:
            pooled[tag] = encoded
            left -= size
    return pooled


def _prometheus(stored: Sequence[StoredRun]) -> dict[str, float]:
    """Means over all readings of all runs."""
    found: dict[str, list[Summary]] = {}
    for run in stored:
        for key, summary in run.series.items():
            metric = key.partition(".")[2]
            if metric.startswith(PROMETHEUS):
                found.setdefault(metric.removeprefix(PROMETHEUS), []).append(summary)
    return {
        name: math.fsum(summary.values["mean"] * summary.count for summary in series)
        / sum(summary.count for summary in series)
        for name, series in found.items()
    }


def _compact(utc: str) -> str:
    return datetime.fromisoformat(utc).strftime("%Y%m%dT%H%M%SZ")
