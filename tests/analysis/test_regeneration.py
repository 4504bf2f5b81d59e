"""The verdict on a new baseline: the graver of what the rolling baseline and the anchor say."""

from dataclasses import replace

import pytest

from analysis.exit_code import ExitCode
from analysis.regeneration import decide_regeneration, outcome_of
from analysis.result import Comparison, ComparisonRow, Outcome, Result, Verdict
from tests.reports import sample_report

RESULT = replace(
    sample_report.regression().result,
    objectives=(),
    verdict=Verdict.PASS,
    exit_code=0,
    reasons=("all 1 gated metrics are within their margins of baseline week-1",),
)


def result(verdict: Verdict, code: ExitCode) -> Result:
    return replace(RESULT, verdict=verdict, exit_code=int(code), reasons=(f"rolling says {verdict.value}",))


def comparison(outcome: Outcome, *, differing: tuple[str, ...] = ()) -> Comparison:
    row = ComparisonRow(
        endpoint="query",
        metric="response",
        statistic="p95",
        unit="us",
        direction="lower",
        baseline=400_000.0,
        candidate=460_000.0,
        change=0.15,
        low=0.12,
        high=0.18,
        margin=0.10,
        outcome=outcome,
        gated=True,
        smallest_effect=0.13,
        reason=None,
        primary=True,
    )
    return Comparison("week-0", "anchor", 7, 7, () if differing else (row,), not differing, differing)


def test_without_an_anchor_the_rolling_baseline_decides() -> None:
    for verdict, code in (
        (Verdict.PASS, ExitCode.PASS),
        (Verdict.REGRESSION, ExitCode.REGRESSION),
        (Verdict.NO_BASELINE, ExitCode.INCONCLUSIVE),
    ):
        decision = decide_regeneration(result(verdict, code), None, allow_inconclusive=False)

        assert (decision.verdict, decision.exit_code) == (verdict, code)


@pytest.mark.parametrize(
    ("rolling", "anchor", "wanted", "code"),
    [
        (Verdict.PASS, Outcome.PASS, Verdict.PASS, 0),
        (Verdict.PASS, Outcome.IMPROVEMENT, Verdict.PASS, 0),
        (Verdict.IMPROVEMENT, Outcome.PASS, Verdict.IMPROVEMENT, 0),
        (Verdict.PASS, Outcome.INCONCLUSIVE, Verdict.INCONCLUSIVE, 4),
        (Verdict.PASS, Outcome.REGRESSION, Verdict.REGRESSION, 1),
        (Verdict.IMPROVEMENT, Outcome.REGRESSION, Verdict.REGRESSION, 1),
        (Verdict.REGRESSION, Outcome.PASS, Verdict.REGRESSION, 1),
        (Verdict.OBJECTIVE_MISSED, Outcome.PASS, Verdict.OBJECTIVE_MISSED, 1),
        (Verdict.NO_BASELINE, Outcome.PASS, Verdict.NO_BASELINE, 4),
        (Verdict.NO_BASELINE, Outcome.REGRESSION, Verdict.REGRESSION, 1),
        (Verdict.INCONCLUSIVE, Outcome.REGRESSION, Verdict.REGRESSION, 1),
    ],
)
def test_the_graver_of_both_decides(rolling: Verdict, anchor: Outcome, wanted: Verdict, code: int) -> None:
    """Small changes that each pass may add up: only the anchor shows them."""
    codes = {
        Verdict.REGRESSION: 1,
        Verdict.OBJECTIVE_MISSED: 1,
        Verdict.NO_BASELINE: 4,
        Verdict.INCONCLUSIVE: 4,
    }
    judged = result(rolling, ExitCode(codes.get(rolling, 0)))

    decision = decide_regeneration(judged, comparison(anchor), allow_inconclusive=False)

    assert (decision.verdict, decision.exit_code) == (wanted, code)
    assert decision.reasons[0] == f"rolling says {rolling.value}"


def test_reasons_of_the_anchor_say_so() -> None:
    decision = decide_regeneration(RESULT, comparison(Outcome.REGRESSION), allow_inconclusive=False)

    assert decision.reasons[1].startswith("anchor: query response p95 changed by +15.0 %")


def test_an_anchor_that_is_not_comparable_is_no_pass() -> None:
    """Nobody can say whether small changes added up."""
    decision = decide_regeneration(
        RESULT, comparison(Outcome.PASS, differing=("scenario_sha256",)), allow_inconclusive=False
    )

    assert (decision.verdict, decision.exit_code) == (Verdict.NO_BASELINE, ExitCode.INCONCLUSIVE)
    assert "scenario_sha256" in decision.reasons[-1]


def test_doubt_about_the_anchor_can_be_allowed() -> None:
    decision = decide_regeneration(RESULT, comparison(Outcome.INCONCLUSIVE), allow_inconclusive=True)

    assert (decision.verdict, decision.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.PASS)


def test_what_could_not_be_compared_has_no_outcome() -> None:
    assert outcome_of(None) is None
    assert outcome_of(comparison(Outcome.PASS, differing=("clock",))) is None
    assert outcome_of(comparison(Outcome.REGRESSION)) is Outcome.REGRESSION
