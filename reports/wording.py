"""The report's sentences: what each verdict, outcome and exit code means in plain words."""

from analysis.comparison import overall
from analysis.metric import PROMETHEUS, SCRAPE, Direction, is_watched, metric_named
from analysis.result import ComparisonRow, ObjectiveRow, Outcome, Result, SearchEnd, Verdict
from analysis.screen import CONFIDENCE
from analysis.steadiness import STEADY
from reports.quantity import change, quantity, scale_for, unequal

_MEANING = {
    Verdict.PASS: "No objective was missed and no gated metric is worse than its margin allows.",
    Verdict.IMPROVEMENT: "No objective was missed and at least one gated metric became better, none worse.",
    Verdict.REGRESSION: "At least one gated metric is worse than the baseline by more than its margin.",
    Verdict.OBJECTIVE_MISSED: "At least one objective was missed.",
    Verdict.INVALID: "This run cannot be trusted, so its numbers decide nothing about the service.",
    Verdict.INCONCLUSIVE: "There is too little data to tell a change beyond the margin from noise.",
    Verdict.NO_BASELINE: "No objective was missed, but there is no comparable baseline to compare with.",
}
_MEANING_ALONE = {
    Verdict.PASS: "No objective was missed; the run was not compared with a baseline.",
    Verdict.INCONCLUSIVE: "No objective could be evaluated, and the run was not compared with a baseline.",
}
"""Of verdicts that say less without a comparison."""
_NOT_STEADY = "The run was not steady, so that a comparison with the baseline cannot pass."
_NOT_FOUND = "The search for the capacity did not come to an end."
_SEEMS_MISSED = "An objective seems to be missed, though not surely."
_ENDS = (SearchEnd.FOUND, SearchEnd.MOST, SearchEnd.NONE)
_TONES = {
    Verdict.PASS: "good",
    Verdict.IMPROVEMENT: "good",
    Verdict.REGRESSION: "bad",
    Verdict.OBJECTIVE_MISSED: "bad",
    Verdict.INVALID: "void",
    Verdict.INCONCLUSIVE: "warn",
    Verdict.NO_BASELINE: "warn",
}
_OUTCOME_TONES = {
    Outcome.REGRESSION: "bad",
    Outcome.PASS: "good",
    Outcome.IMPROVEMENT: "good",
    Outcome.INCONCLUSIVE: "warn",
}
_EXIT_CODES = {
    0: "pass or improvement",
    1: "regression, or an objective missed",
    2: "usage or configuration error",
    3: "invalid run",
    4: "inconclusive, or no comparable baseline",
}


def word(name: str) -> str:
    return name.replace("_", " ").upper()


def meaning(result: Result) -> str:
    alone = _MEANING_ALONE.get(result.verdict) if result.comparison is None else None
    doubt = _doubt(result) if result.verdict is Verdict.INCONCLUSIVE else None
    return doubt or alone or _MEANING[result.verdict]


def _doubt(result: Result) -> str | None:
    """What left a run without a decision, if it was not the noise between runs."""
    comparison, capacity = result.comparison, result.capacity
    if capacity is not None and capacity.end not in _ENDS:
        return _NOT_FOUND
    if comparison is not None and any(check.name == STEADY and not check.ok for check in result.validity):
        return _NOT_STEADY
    noisy = comparison is not None and overall(comparison.rows) is Outcome.INCONCLUSIVE
    if not noisy and any(row.met is None and row.low is not None for row in result.objectives):
        return _SEEMS_MISSED
    return None


def tone(verdict: Verdict) -> str:
    """The colour role of a verdict; the word always stands beside it."""
    return _TONES[verdict]


def decides(result: Result) -> bool:
    """Whether the figures mean anything: those of an invalid run are shown without judgement."""
    return result.verdict is not Verdict.INVALID


def outcome_tone(outcome: Outcome) -> str:
    return _OUTCOME_TONES[outcome]


def exit_code_meaning(result: Result) -> str:
    if result.exit_code == 0 and result.verdict in (Verdict.INCONCLUSIVE, Verdict.NO_BASELINE):
        return "allowed to pass without a decision"
    return exit_code_word(result.exit_code)


def exit_code_word(code: int) -> str:
    return _EXIT_CODES.get(code, "unknown")


def title(endpoint: str | None, metric: str, statistic: str) -> str:
    """`query response p95`; a ratio or a rate needs no second word for what it is."""
    if metric.startswith(PROMETHEUS):
        return f"Prometheus {metric.removeprefix(PROMETHEUS)} {statistic}"
    if metric.startswith(SCRAPE):
        return f"the service's {metric.removeprefix(SCRAPE)}"
    if is_watched(metric):
        return metric.replace(".", " ").replace("_", " ")
    where = endpoint if endpoint not in (None, "*") else "all endpoints"
    return f"{where} {_quantity_name(metric, statistic)}"


def objective_title(row: ObjectiveRow) -> str:
    """Memory belongs to no endpoint."""
    if row.endpoint is None:
        return _quantity_name(row.metric, row.statistic)
    return title(row.endpoint, row.metric, row.statistic)


def objective_word(row: ObjectiveRow) -> str:
    if row.met is None:
        return "NOT EVALUATED" if row.low is None else "INCONCLUSIVE"
    return "MET" if row.met else "MISSED"


def objective_sentence(row: ObjectiveRow) -> str:
    value, limit = unequal(row.value, row.limit, row.unit)
    if row.met is None:
        word = objective_word(row).lower()
        return f"{objective_title(row)}: limit {limit}, {word}: {row.reason or 'nothing was measured'}"
    if row.low is not None:
        value += f" ({percent(CONFIDENCE)} interval {objective_bounds(row, ' to ')})"
    relation = "within" if row.met else "below" if at_least(row) else "above"
    return f"{objective_title(row)}: {value}, {relation} the limit of {limit}"


def objective_bounds(row: ObjectiveRow, between: str = " … ") -> str:
    """The interval of a value that is judged by it; empty for others."""
    if row.low is None or row.high is None:
        return ""
    scale = scale_for(row.unit, row.value)
    return f"{scale.number(row.low)}{between}{scale.text(row.high)}"


def at_least(row: ObjectiveRow) -> bool:
    """Whether the limit is the least that is wanted, not the most that is allowed."""
    return metric_named(row.metric).direction is Direction.HIGHER


def comparison_sentence(row: ComparisonRow, confidence: float = CONFIDENCE) -> str:
    head = f"{title(row.endpoint, row.metric, row.statistic)}: {word(row.outcome)}"
    if row.change is None:
        return f"{head}: {row.reason or 'nothing to compare'}"
    sentence = (
        f"{head}: {quantity(row.baseline, row.unit)} to {quantity(row.candidate, row.unit)}, "
        f"change {change(row.change, row.unit)} ({interval(row, confidence)}), "
        f"margin {change(row.margin, row.unit, signed=False)}"
    )
    if row.outcome is Outcome.INCONCLUSIVE and row.smallest_effect is not None:
        smallest = change(row.smallest_effect, row.unit, signed=False)
        sentence += f"; the smallest effect it could have seen is {smallest}"
    return sentence


def interval(row: ComparisonRow, confidence: float) -> str:
    if row.low is None or row.high is None:
        return "no interval"
    return f"{percent(confidence)} interval {change(row.low, row.unit)} to {change(row.high, row.unit)}"


def percent(share: float) -> str:
    return f"{100 * share:.3g}{_NBSP}%"


def _quantity_name(metric: str, statistic: str) -> str:
    name = metric.replace("_", " ")
    return name if statistic in ("ratio", "rate", "slope") else f"{name} {statistic}"


def sentence(text: str) -> str:
    """A reason from the judge as it is, as it may begin with an endpoint's name; numbers keep their units."""
    return text.replace(" %", f"{_NBSP}%").replace(" ms", f"{_NBSP}ms")


def clock(kind: str) -> str:
    if kind == "kernel":
        return "kernel receive times"
    if kind == "user":
        return "user-space receive times (less exact)"
    return kind


_NBSP = "\u00a0"
