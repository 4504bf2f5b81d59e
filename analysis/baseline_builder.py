"""Makes a baseline from finished runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from analysis.baseline import (
    LARGEST_BYTES,
    LEAST_RUNS,
    Baseline,
    BaselineEnvironment,
    BaselineKind,
    Noise,
    StoredRun,
)
from analysis.canonical import canonical_text
from analysis.comparison import NOT_COMPARED, on_scale
from analysis.errors import InvalidRunError, UsageError
from analysis.gate import COMPARED, GateRules
from analysis.judged_run import JudgedRun, read_like_runs
from analysis.measurement import GENERATOR, merged
from analysis.noise import default_floor, sample_deviation
from analysis.plural import plural

_SPARE_BYTES = 1_000
"""For what promoting changes, such as the id of the baseline that was there before."""

_POOLED_FIRST = ("response", "ttft", "gap", "service", "ttfb", "ttft_service", "tpot", "max_gap")
_KEPT = frozenset({"response", "ttft", "errors", "goodput", "throughput"})
"""Metrics that decide something, which every baseline has."""


def build_baseline(paths: Sequence[Path]) -> Baseline:
    """A candidate from five runs or more that are valid and alike.

    InvalidRunError names a run that cannot be trusted and why; UsageError says that there are too few, or
    what differs between them.
    """
    if len(paths) < LEAST_RUNS:
        raise UsageError(f"found {plural(len(paths), 'run')}, wanted {LEAST_RUNS} or more for a baseline")
    runs = sorted(read_like_runs(paths), key=lambda run: (run.log.run.start_ns, run.log.run.run_id))
    for run in runs:
        broken = [check.text for check in run.checks if check.invalidates and not check.ok]
        if broken:
            raise InvalidRunError(f"{run.log.run.run_id} cannot be part of a baseline: {broken[0]}")
    last = runs[-1].log.run
    setting = runs[-1].setting
    stored = tuple(_stored(run) for run in runs)
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
        prometheus=_prometheus(runs),
        noise=_noise(stored, runs[-1].rules),
        provenance={
            "versions": dict(last.versions),
            "git": None if last.git is None else {"commit": last.git.commit, "dirty": last.git.dirty},
            "mode": last.mode.value,
            "base_url": last.base_url,
        },
    )
    fitting = _fitting(bare)
    return replace(fitting, pooled=_pooled(runs, LARGEST_BYTES - _size(fitting))).sealed()


def _fitting(baseline: Baseline) -> Baseline:
    """Without metrics for information, as far as the size asks: those of stages go first."""
    names = {key.partition(".")[2] for run in baseline.runs for key in run.series} - _KEPT
    order = {name: place for place, name in enumerate(_POOLED_FIRST)}
    for name in sorted(names, key=lambda name: (order.get(name, len(order)), name), reverse=True):
        if _size(baseline) <= LARGEST_BYTES:
            break
        runs = tuple(
            replace(run, series={k: v for k, v in run.series.items() if k.partition(".")[2] != name})
            for run in baseline.runs
        )
        baseline = replace(baseline, runs=runs)
    return baseline


def _size(baseline: Baseline) -> int:
    return len(baseline.sealed().to_json().encode()) + _SPARE_BYTES


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


def _pooled(runs: Sequence[JudgedRun], left: int) -> dict[str, str]:
    """Response and first-token histograms first, as many as the size allows."""
    histograms = merged([run.measurement.whole for run in runs]).histograms
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


def _prometheus(runs: Sequence[JudgedRun]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, found in run.readings.prometheus.items():
            values.setdefault(name, []).extend(found)
    return {name: math.fsum(found) / len(found) for name, found in values.items()}


def _noise(stored: Sequence[StoredRun], rules: GateRules) -> Mapping[str, Noise]:
    """Of every primary statistic that all runs have."""
    noise: dict[str, Noise] = {}
    for key in sorted({key for run in stored for key in run.series}):
        endpoint, _, metric = key.partition(".")
        for statistic in (*COMPARED, "rate", "ratio"):
            if not rules.is_primary(endpoint, metric, statistic):
                continue
            values = [
                run.series[key].values[statistic]
                for run in stored
                if key in run.series and statistic in run.series[key].values
            ]
            if len(values) < len(stored) or (statistic != "ratio" and min(values) <= 0):
                continue
            deviation = sample_deviation([on_scale(statistic, value) for value in values])
            noise[f"{key}.{statistic}"] = Noise(deviation, default_floor(metric, statistic), len(values) - 1)
    return noise


def _compact(utc: str) -> str:
    return datetime.fromisoformat(utc).strftime("%Y%m%dT%H%M%SZ")
