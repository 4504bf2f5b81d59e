"""From validity, objectives and comparison to the one word and the exit code that a pipeline acts on."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.baseline import AGE_CHECK
from analysis.comparison import overall
from analysis.exit_code import ExitCode
from analysis.metric import Direction, metric_named
from analysis.plural import plural
from analysis.result import (
    Capacity,
    Check,
    Comparison,
    ComparisonRow,
    ObjectiveRow,
    Outcome,
    SearchEnd,
    Verdict,
)
from analysis.steadiness import STEADY


@dataclass(frozen=True, slots=True)
class Decision:
    """`reasons` are sentences for people, the weightiest first."""

    verdict: Verdict
    exit_code: ExitCode
    reasons: tuple[str, ...]


def decide(
    checks: Sequence[Check],
    objectives: Sequence[ObjectiveRow],
    comparison: Comparison | None,
    *,
    wants_baseline: bool,
    allow_inconclusive: bool,
    compares: bool = True,
    finds_limit: bool = False,
    capacity: Capacity | None = None,
    no_baseline_reason: str | None = None,
) -> Decision:
    """An invalid run beats all; then a regression or a missed objective; then doubt; then pass.

    A baseline that is too old can show a regression, and proves no pass. Nor does a run that was not steady;
    the regressions that `doubted` left it stand.

    `wants_baseline` is False for a profile that is never compared and for `--baseline none`: such a run
    passes on its objectives alone. When no objective could be evaluated either, nothing is decided and it is
    inconclusive, except that a profile that is never compared may do without objectives, and that one that
    looks for the limit has found it. An objective that seems to be missed, though not surely, keeps any run
    from passing. `no_baseline_reason` says what was looked for in vain.
    """
    broken = [check.text for check in checks if check.invalidates and not check.ok]
    if broken:
        return Decision(Verdict.INVALID, ExitCode.INVALID, tuple(broken))

    missed = [_missed(row) for row in objectives if row.met is False]
    compared = overall(comparison.rows) if comparison is not None and comparison.comparable else None
    if compared is Outcome.REGRESSION and comparison is not None:
        worse = [
            changed_text(row) for row in comparison.rows if row.gated and row.outcome is Outcome.REGRESSION
        ]
        return Decision(Verdict.REGRESSION, ExitCode.REGRESSION, (*worse, *missed))
    if missed:
        return Decision(Verdict.OBJECTIVE_MISSED, ExitCode.REGRESSION, tuple(missed))

    doubt = ExitCode.PASS if allow_inconclusive else ExitCode.INCONCLUSIVE
    unknown = tuple(_unknown(row) for row in objectives if row.met is None)
    met = _met(len(objectives) - len(unknown))
    seems_missed = any(row.met is None and _beyond(row) for row in objectives)
    if capacity is not None and capacity.end is SearchEnd.NONE:
        return Decision(Verdict.OBJECTIVE_MISSED, ExitCode.REGRESSION, (capacity.text,))
    if capacity is not None and capacity.end not in (SearchEnd.FOUND, SearchEnd.MOST):
        return Decision(Verdict.INCONCLUSIVE, doubt, (capacity.text, *unknown))
    limit = () if capacity is None else (capacity.text,)
    if not wants_baseline:
        if seems_missed:
            return Decision(Verdict.INCONCLUSIVE, doubt, (*unknown, *limit))
        if capacity is not None:
            return Decision(Verdict.PASS, ExitCode.PASS, (*limit, met, *unknown))
        if finds_limit:
            ended = tuple(check.text for check in checks if check.name == "status")
            return Decision(Verdict.PASS, ExitCode.PASS, (*ended, met, *unknown))
        if len(unknown) == len(objectives) and (objectives or compares):
            why = "no objective could be evaluated" if objectives else "the target sets no objectives"
            nothing = f"{why} and no baseline was wanted: nothing is decided"
            return Decision(Verdict.INCONCLUSIVE, doubt, (nothing, *unknown))
        return Decision(Verdict.PASS, ExitCode.PASS, (met, *unknown))
    if comparison is None:
        return Decision(Verdict.NO_BASELINE, doubt, (no_baseline_reason or "there is no baseline", *unknown))
    if not comparison.comparable:
        differing = ", ".join(comparison.differing)
        text = f"baseline {comparison.baseline_id} is not comparable, these keys differ: {differing}"
        passed_over = () if no_baseline_reason is None else (no_baseline_reason,)
        return Decision(Verdict.NO_BASELINE, doubt, (text, *passed_over, *unknown))
    unsteady = tuple(check.text for check in checks if check.name == STEADY and not check.ok)
    if unsteady:
        return Decision(Verdict.INCONCLUSIVE, doubt, (*unsteady, *unknown))
    if compared is Outcome.INCONCLUSIVE:
        return Decision(Verdict.INCONCLUSIVE, doubt, (*_doubts(comparison), *unknown))
    if seems_missed:
        return Decision(Verdict.INCONCLUSIVE, doubt, unknown)
    too_old = tuple(check.text for check in checks if check.name == AGE_CHECK and not check.ok)
    if too_old:
        return Decision(Verdict.INCONCLUSIVE, doubt, (*too_old, *unknown))
    count = sum(row.gated for row in comparison.rows)
    kept = f"all {count} gated metrics are within their margins of baseline {comparison.baseline_id}"
    better = tuple(
        changed_text(row) for row in comparison.rows if row.gated and row.outcome is Outcome.IMPROVEMENT
    )
    verdict = Verdict.IMPROVEMENT if better else Verdict.PASS
    return Decision(
        verdict, ExitCode.PASS, (*better, kept, *limit, met, *unknown, *not_gated_texts(comparison.rows))
    )


def not_gated_texts(rows: Sequence[ComparisonRow]) -> tuple[str, ...]:
    """What a pass says nothing about, though it would decide if it could."""
    names = [f"{row.endpoint} {row.metric} {row.statistic}" for row in rows if row.primary and not row.gated]
    why = "not gated, as they rest on too few observations or too coarse steps"
    return (f"{why}: {', '.join(names)}",) if names else ()


def _doubts(comparison: Comparison) -> tuple[str, ...]:
    open_rows = [row for row in comparison.rows if row.gated and row.outcome is Outcome.INCONCLUSIVE]
    if not open_rows:
        return (
            "no metric has enough observations to be gated; make the run longer or repeat it with --runs",
        )
    return tuple(doubt_text(row) for row in open_rows)


def doubt_text(row: ComparisonRow) -> str:
    """Why nothing can be said about this row, and what could have been."""
    name = f"{row.endpoint} {row.metric} {row.statistic}"
    if row.change is None or row.low is None or row.high is None:
        return f"{name} cannot be compared: {row.reason}"
    text = f"{name} changed by {_signed(row, row.change)}"
    text += f", between {_signed(row, row.low)} and {_signed(row, row.high)}"
    beyond = row.low > row.margin if row.direction == Direction.LOWER else row.high < -row.margin
    text += f": {'beyond' if beyond else 'too wide for'} the margin of {_size(row, row.margin)}"
    if row.smallest_effect is not None:
        text += f"; the smallest effect that these runs would show is {_signed(row, row.smallest_effect)}"
    return text if row.reason is None else f"{text}; {row.reason}"


def changed_text(row: ComparisonRow) -> str:
    """By how much the row changed, as a sentence."""
    name = f"{row.endpoint} {row.metric} {row.statistic}"
    if row.change is None or row.low is None or row.high is None:
        return f"{name}: {row.outcome.value}"
    return (
        f"{name} changed by {_signed(row, row.change)}, between {_signed(row, row.low)} and "
        f"{_signed(row, row.high)}; the margin is {_size(row, row.margin)}"
    )


def _missed(row: ObjectiveRow) -> str:
    found = "nothing" if row.value is None else _quantity(row.value, row.unit)
    text = f"objective {row.name} is missed: found {found}, wanted {_quantity(row.limit, row.unit)}"
    return text if row.reason is None else f"{text} ({row.reason})"


def _unknown(row: ObjectiveRow) -> str:
    if row.low is None or row.value is None:
        return f"objective {row.name} was not evaluated: {row.reason}"
    sides = f"found {_quantity(row.value, row.unit)}, wanted {_quantity(row.limit, row.unit)}"
    return f"objective {row.name} is inconclusive: {sides} ({row.reason})"


def _beyond(row: ObjectiveRow) -> bool:
    """Whether what was found, which an interval makes doubtful, is on the wrong side of the limit."""
    return row.value is not None and not metric_named(row.metric).keeps(row.value, row.limit)


def _met(count: int) -> str:
    return "no objective was evaluated" if count == 0 else f"{plural(count, 'objective')} met"


def _quantity(value: float, unit: str) -> str:
    match unit:
        case "us":
            return f"{value / 1000:.4g} ms"
        case "ratio":
            return f"{value:.3%}"
        case "percent":
            return f"{value:.4g} %"
        case _:
            return f"{value:.4g} {unit}"


def _signed(row: ComparisonRow, change: float) -> str:
    return f"{100 * change:+.2f} points" if row.statistic == "ratio" else f"{100 * change:+.1f} %"


def _size(row: ComparisonRow, margin: float) -> str:
    return f"{100 * margin:.2g} points" if row.statistic == "ratio" else f"{100 * margin:.3g} %"
