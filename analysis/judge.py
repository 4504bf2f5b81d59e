"""Reads finished runs, decides whether they can be trusted and how they compare, and leaves result.json."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from analysis.attribution import attribute
from analysis.baseline import (
    AGE_CHECK,
    OLD_DAYS,
    Baseline,
    BaselineKind,
    baseline_path,
    read_baseline,
    same_place_baselines,
)
from analysis.capacity_result import capacity_of
from analysis.comparison import compare
from analysis.environment import differing_keys
from analysis.errors import BaselineError, RunLogError
from analysis.judged_run import JudgedRun, read_like_runs
from analysis.leak import leak_rows
from analysis.measurement import elapsed_s
from analysis.metric_table import metric_rows
from analysis.objective import evaluate
from analysis.power import runs_wanted
from analysis.result import Check, Comparison, ComparisonRow, Result, Verdict
from analysis.result_counts import result_counts
from analysis.run_directory import RunDirectory
from analysis.run_record import RunStatus
from analysis.running_leak import running_leaks
from analysis.steadiness import STEADY, doubted
from analysis.target_parts import Objective
from analysis.unwatched import unwatched_parts
from analysis.verdict import decide
from analysis.whole_file import write_whole

AUTO = "auto"
NONE = "none"

SOFT_KEYS_CHECK = "baseline_soft_keys"


def judge(
    paths: Sequence[Path], *, baseline: str | Path, baselines_root: Path, allow_inconclusive: bool = False
) -> Result:
    """Judge runs together and write result.json into the last one's directory.

    `baseline` is auto, none or a file. Auto takes what the run itself asked for and, where that is auto as
    well, the copy of an earlier judgement before what `baselines_root` holds. The baseline used is copied
    beside the result, so that judging again gives the same bytes.
    """
    return judge_runs(
        read_like_runs(paths),
        paths[-1],
        baseline=baseline,
        baselines_root=baselines_root,
        allow_inconclusive=allow_inconclusive,
    )


def judge_runs(
    runs: Sequence[JudgedRun],
    path: Path,
    *,
    baseline: str | Path,
    baselines_root: Path,
    allow_inconclusive: bool = False,
) -> Result:
    """The same for runs that have been read already; `path` is the last one's."""
    last = runs[-1]
    directory = RunDirectory.open(path)
    allow = allow_inconclusive or last.log.run.judge.allow_inconclusive
    search = last.profile.search
    capacity = None if search is None else capacity_of(search, [step for run in runs for step in run.steps])
    asked = last.log.run.judge.baseline if str(baseline) == AUTO else str(baseline)
    wants = asked != NONE and (last.profile.compare or search is not None)
    found = _find_baseline(baseline, baselines_root, directory, last) if wants else _Found(None, None, None)
    comparison = None if found.baseline is None else compare_with(runs, found.baseline)
    if asked == AUTO and not last.profile.compare and not (comparison and comparison.comparable):
        wants, comparison, found = False, None, _Found(None, None, None)
    checks = list(_together(runs))
    if found.baseline is not None:
        checks.append(_age(found.baseline, last))
        if comparison is not None and comparison.comparable:
            checks.append(_soft_keys(found.baseline, last))
    leaks = leak_rows(
        last.target.leak,
        [run.log.events for run in runs],
        [running_leaks(run.log, last.target.leak) for run in runs],
    )
    objectives = leaks + evaluate(
        _concerning(runs),
        [run.measurement for run in runs],
        [run.readings for run in runs],
        finds_limit=last.profile.finds_limit,
    )
    decision = decide(
        checks,
        objectives,
        comparison,
        wants_baseline=wants,
        compares=last.profile.compare,
        finds_limit=last.profile.finds_limit,
        capacity=capacity,
        allow_inconclusive=allow,
        no_baseline_reason=found.reason,
    )
    steady = all(check.ok for check in checks if check.name == STEADY)  # else more runs would not do
    noisy = decision.verdict is Verdict.INCONCLUSIVE and steady
    if noisy and found.baseline is not None and comparison is not None:
        reasons = (*decision.reasons, *runs_wanted(comparison, found.baseline, last.rules))
        decision = replace(decision, reasons=reasons)
    record = last.log.run
    result = Result(
        run_id=record.run_id,
        runs=tuple(run.log.run.run_id for run in runs),
        target=record.target,
        profile=record.profile,
        status=_status(runs).value,
        start_utc=runs[0].log.run.start_utc,
        duration_s=sum(elapsed_s(run.log) for run in runs),
        measured_s=sum(run.measurement.measured_s for run in runs),
        verdict=decision.verdict,
        exit_code=int(decision.exit_code),
        reasons=decision.reasons,
        validity=tuple(checks),
        metrics=metric_rows(
            [run.measurement for run in runs],
            tuple(last.target.limits),
            None if last.course is None else last.course.correlation_s,
        ),
        objectives=objectives,
        comparison=comparison,
        counts=result_counts(runs),
        not_watched=_not_watched(runs),
        environment=asdict(record.environment),
        versions=dict(record.versions),
        clock=record.clock.value,
        instrument=last.instrument,
        attribution=attribute(comparison.rows)
        if comparison is not None and decision.verdict is Verdict.REGRESSION
        else (),
        capacity=capacity,
    )
    try:
        if found.source is not None and found.source != directory.baseline_json:
            write_whole(directory.baseline_json, found.source.read_bytes())
        write_whole(directory.result_json, result.to_json().encode())
    except OSError as error:
        raise RunLogError(
            f"{directory.path}: the result cannot be written: {error.strerror}; make room, then judge again"
        ) from error
    return result


@dataclass(frozen=True, slots=True)
class _Found:
    """A baseline and the file that it came from; `reason` says why there is none, or what was passed over."""

    baseline: Baseline | None
    source: Path | None
    reason: str | None


def _find_baseline(asked: str | Path, root: Path, directory: RunDirectory, run: JudgedRun) -> _Found:
    """A file that was named must be readable; in auto the closest one of another environment is reported."""
    if str(asked) != AUTO:
        return _Found(read_baseline(Path(asked)), Path(asked), None)
    if directory.baseline_json.exists():
        return _Found(read_baseline(directory.baseline_json), directory.baseline_json, None)
    wanted = run.log.run.judge.baseline
    if wanted != AUTO:
        return _Found(read_baseline(Path(wanted)), Path(wanted), None)
    setting = run.setting
    place = baseline_path(root, setting.target, setting.profile, run.env8, BaselineKind.ROLLING)
    if place.exists():
        return _Found(read_baseline(place), place, None)
    others, damaged = _readable(same_place_baselines(place))
    note = f"cannot be read, of other environments: {', '.join(damaged)}" if damaged else None
    if others:
        closest, path = min(
            others, key=lambda other: (len(other[0].setting.differing_from(setting)), other[1].name)
        )
        return _Found(closest, path, note)
    reason = (
        f"there is no baseline of {setting.target} x {setting.profile} for this environment ({run.env8}); "
        "record one with `plimsoll baseline record`"
    )
    return _Found(None, None, reason if note is None else f"{reason}; {note}")


def _readable(paths: Sequence[Path]) -> tuple[list[tuple[Baseline, Path]], list[str]]:
    """And the names of those that cannot be read: none of them could have been compared with anyway."""
    readable: list[tuple[Baseline, Path]] = []
    damaged: list[str] = []
    for path in paths:
        try:
            readable.append((read_baseline(path), path))
        except BaselineError:
            damaged.append(path.name)
    return readable, damaged


def compare_with(runs: Sequence[JudgedRun], baseline: Baseline) -> Comparison:
    """Without rows when the two are not alike; then it names the keys that differ."""
    last = runs[-1]
    differing = baseline.setting.differing_from(last.setting)
    rows: tuple[ComparisonRow, ...] = ()
    if not differing:
        new = [run.summary() for run in runs]
        rows = compare(baseline.summaries(), new, last.rules, baseline.floors(), baseline.carried())
        unsteady = [found.shift for run in runs if (found := run.steadiness) is not None and not found.steady]
        if unsteady:
            rows = doubted(rows, max(map(abs, unsteady)))
    return Comparison(
        baseline_id=baseline.baseline_id,
        kind=baseline.kind.value,
        baseline_runs=len(baseline.runs),
        candidate_runs=len(runs),
        rows=rows,
        comparable=not differing,
        differing=differing,
    )


def _concerning(runs: Sequence[JudgedRun]) -> list[Objective]:
    """Without those of endpoints that the load profile leaves out and nobody else asked."""
    last = runs[-1]
    asked = {*last.log.run.mix, *(name for run in runs for name in run.measurement.endpoints)}
    return [
        objective
        for objective in last.target.objectives
        if objective.endpoint not in last.target.endpoints or objective.endpoint in asked
    ]


def _together(runs: Sequence[JudgedRun]) -> tuple[Check, ...]:
    """One check of each name: the first run's that fails it, with the run's id, else the last run's."""
    if len(runs) == 1:
        return runs[0].checks
    chosen: dict[str, Check] = {}
    for run in runs:
        for check in run.checks:
            before = chosen.get(check.name)
            if (
                before is not None
                and not before.ok
                and (before.invalidates or not check.invalidates or check.ok)
            ):
                continue
            text = check.text if check.ok else f"{run.log.run.run_id}: {check.text}"
            chosen[check.name] = Check(
                check.name, check.ok, check.value, check.limit, text, check.invalidates
            )
    return tuple(chosen.values())


def _age(baseline: Baseline, run: JudgedRun) -> Check:
    days = baseline.age_days(run.log.run.start_utc)
    value, limit = f"{days:.1f} days", f"<= {OLD_DAYS:g} days"
    text = f"the baseline was {days:.1f} days old when the run started"
    if baseline.kind is BaselineKind.ANCHOR:
        return Check(AGE_CHECK, True, value, None, f"{text}, as an anchor may be", invalidates=False)
    ok = days <= OLD_DAYS
    if not ok:
        text += f"; after {OLD_DAYS:g} days hosts and data have usually changed: record a new one"
    return Check(AGE_CHECK, ok, value, limit, text, invalidates=False)


def _soft_keys(baseline: Baseline, run: JudgedRun) -> Check:
    """A warning: they may differ, and may be why the figures do."""
    stored, own = baseline.environment.soft, run.log.run.environment.soft
    differing = differing_keys(stored, own)
    if not differing:
        text = "the environment is the baseline's, soft keys included"
        return Check(SOFT_KEYS_CHECK, True, "alike", None, text, invalidates=False)
    changes = ", ".join(
        f"{key} from {stored.get(key) or 'nothing'} to {own.get(key) or 'nothing'}" for key in differing
    )
    text = f"since the baseline soft keys of the environment changed: {changes}"
    return Check(SOFT_KEYS_CHECK, False, ", ".join(differing), "alike", text, invalidates=False)


def _status(runs: Sequence[JudgedRun]) -> RunStatus:
    found = [run.log.run.status for run in runs]
    return next((status for status in found if status is not RunStatus.COMPLETE), found[-1])


def _not_watched(runs: Sequence[JudgedRun]) -> tuple[str, ...]:
    reasons: dict[str, None] = {}
    for run in runs:
        reasons |= dict.fromkeys((*run.log.run.not_watched, *unwatched_parts(run.log.samples)))
        reasons |= {check.text: None for check in run.checks if check.name == "sidecar" and not check.ok}
    return tuple(reasons)
