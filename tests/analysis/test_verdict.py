from collections.abc import Sequence
from dataclasses import replace

import pytest

from analysis.exit_code import ExitCode
from analysis.result import Check, Comparison, ComparisonRow, ObjectiveRow, Outcome, Verdict
from analysis.verdict import Decision, decide

HEALTHY = Check("workers", True, "0 lost", None, "every worker stayed to the end")
SICK = Check("workers", False, "1 lost", "0 lost", "lost: worker 1")
WARNING = Check("sidecar", False, "lost", "kept", "the sidecar was lost", invalidates=False)


def objective(met: bool | None) -> ObjectiveRow:
    reason = "too few requests" if met is None else None
    return ObjectiveRow(
        "p95", "query", "response", "p95", "us", 1e6, None if met is None else 2e6, met, reason
    )


def row(outcome: Outcome, *, gated: bool = True) -> ComparisonRow:
    return ComparisonRow(
        "query", "response", "p95", "us", "lower", 1e5, 1.3e5, 0.3, 0.2, 0.4, 0.1, outcome, gated, 0.2, None
    )


def compared(*outcomes: Outcome, differing: tuple[str, ...] = ()) -> Comparison:
    rows = tuple(row(outcome) for outcome in outcomes)
    return Comparison("base-1", "rolling", 5, 1, rows, not differing, differing)


def decided(
    comparison: Comparison | None = None,
    *,
    checks: Sequence[Check] = (HEALTHY,),
    objectives: Sequence[ObjectiveRow] = (objective(True),),
    wants: bool = True,
    allow: bool = False,
    compares: bool = True,
    finds_limit: bool = False,
) -> Decision:
    return decide(
        checks,
        objectives,
        comparison,
        wants_baseline=wants,
        compares=compares,
        finds_limit=finds_limit,
        allow_inconclusive=allow,
        no_baseline_reason="there is no baseline of this kind",
    )


R, P, I, U = Outcome.REGRESSION, Outcome.PASS, Outcome.IMPROVEMENT, Outcome.INCONCLUSIVE  # noqa: E741 -- a table


@pytest.mark.parametrize(
    ("outcomes", "verdict", "code"),
    [
        ((P, P), Verdict.PASS, 0),
        ((P, I), Verdict.IMPROVEMENT, 0),
        ((P, R), Verdict.REGRESSION, 1),
        ((R, U), Verdict.REGRESSION, 1),
        ((I, R), Verdict.REGRESSION, 1),
        ((P, U), Verdict.INCONCLUSIVE, 4),
        ((I, U), Verdict.INCONCLUSIVE, 4),
        ((), Verdict.INCONCLUSIVE, 4),
    ],
)
def test_gated_outcomes_decide(outcomes: tuple[Outcome, ...], verdict: Verdict, code: int) -> None:
    found = decided(compared(*outcomes))

    assert (found.verdict, found.exit_code) == (verdict, code)
    assert found.reasons


def test_an_invalid_run_beats_everything() -> None:
    found = decided(compared(R), checks=[HEALTHY, SICK], objectives=[objective(False)], allow=True)

    assert (found.verdict, found.exit_code) == (Verdict.INVALID, ExitCode.INVALID)
    assert found.reasons == ("lost: worker 1",)


def test_a_warning_does_not_make_a_run_invalid() -> None:
    assert decided(compared(P), checks=[WARNING]).verdict is Verdict.PASS


def test_a_missed_objective_fails_without_a_baseline() -> None:
    for comparison in (None, compared(P), compared(U), compared(differing=("clock",))):
        found = decided(comparison, objectives=[objective(False)])

        assert (found.verdict, found.exit_code) == (Verdict.OBJECTIVE_MISSED, 1)
        assert "found 2000 ms, wanted 1000 ms" in found.reasons[0]


def test_a_regression_is_named_before_a_missed_objective() -> None:
    found = decided(compared(R), objectives=[objective(False)])

    assert found.verdict is Verdict.REGRESSION
    assert len(found.reasons) == 2


@pytest.mark.parametrize(("allow", "code"), [(False, 4), (True, 0)])
def test_doubt_is_an_exit_code_of_its_own_unless_allowed(allow: bool, code: int) -> None:
    for comparison, verdict in (
        (None, Verdict.NO_BASELINE),
        (compared(differing=("environment.hard.cpu_model",)), Verdict.NO_BASELINE),
        (compared(U), Verdict.INCONCLUSIVE),
    ):
        found = decided(comparison, allow=allow)

        assert (found.verdict, found.exit_code) == (verdict, code)


def test_keys_that_differ_are_named() -> None:
    found = decided(compared(differing=("scenario_sha256", "environment.hard.cpu_model")))

    assert "scenario_sha256, environment.hard.cpu_model" in found.reasons[0]


def test_a_run_that_wants_no_baseline_passes_on_its_objectives() -> None:
    assert decided(wants=False).exit_code == 0
    assert decided(wants=False, objectives=[objective(True), objective(None)]).verdict is Verdict.PASS


def test_a_run_of_which_nothing_could_be_evaluated_does_not_pass() -> None:
    for objectives in ([objective(None)], []):
        found = decided(wants=False, objectives=objectives)

        assert (found.verdict, found.exit_code) == (Verdict.INCONCLUSIVE, 4)
        assert "nothing is decided" in found.reasons[0]


def test_a_profile_that_is_never_compared_may_do_without_objectives() -> None:
    assert decided(wants=False, compares=False, objectives=[]).exit_code == 0
    assert decided(wants=False, compares=False, objectives=[objective(None)]).exit_code == 4


def test_a_search_for_the_limit_passes_although_no_objective_could_be_evaluated() -> None:
    found = decided(wants=False, compares=False, finds_limit=True, objectives=[objective(None)])

    assert (found.verdict, found.exit_code) == (Verdict.PASS, 0)


def test_an_objective_that_was_not_evaluated_is_mentioned_and_fails_nothing() -> None:
    found = decided(compared(P), objectives=[objective(None)])

    assert found.verdict is Verdict.PASS
    assert found.reasons[-1] == "objective p95 was not evaluated: too few requests"


@pytest.mark.parametrize(
    ("slope", "verdict", "code"), [(140.0, Verdict.INCONCLUSIVE, 4), (60.0, Verdict.PASS, 0)]
)
def test_growth_that_seems_above_its_limit_does_not_pass_though_it_is_not_sure(
    slope: float, verdict: Verdict, code: int
) -> None:
    growth = replace(
        objective(None), name="memory_growth", metric="memory_growth", statistic="slope", unit="MB/h",
        limit=100.0, value=slope, low=slope - 90, high=slope + 90, reason="the run is too short to tell",
    )  # fmt: skip

    for found in (
        decided(compared(P), objectives=[growth, objective(True)]),
        decided(wants=False, objectives=[growth, objective(True)]),
    ):
        assert (found.verdict, found.exit_code) == (verdict, code)
        told = f"objective memory_growth is inconclusive: found {slope:g} MB/h, wanted 100 MB/h"
        assert f"{told} (the run is too short to tell)" in found.reasons


def test_a_pass_names_what_would_decide_and_could_not() -> None:
    idle = replace(row(P, gated=False), endpoint="health", primary=True)
    comparison = compared(P)

    found = decided(replace(comparison, rows=(*comparison.rows, idle, row(P, gated=False))))

    assert found.verdict is Verdict.PASS
    why = "not gated, as they rest on too few observations or too coarse steps"
    assert found.reasons[-1] == f"{why}: health response p95"


def test_doubt_says_what_these_runs_could_have_shown() -> None:
    assert "the smallest effect that these runs would show is +20.0 %" in decided(compared(U)).reasons[0]


@pytest.mark.parametrize(
    ("low", "high", "direction", "said"),
    [
        (-0.05, 0.15, "lower", "too wide for the margin of 10 %"),
        (0.12, 0.3, "lower", "beyond the margin of 10 %"),
        (-0.3, -0.12, "higher", "beyond the margin of 10 %"),
        (-0.3, 0.05, "higher", "too wide for the margin of 10 %"),
    ],
)
def test_an_interval_beyond_the_margin_is_not_called_too_wide(
    low: float, high: float, direction: str, said: str
) -> None:
    """Among many metrics, or after a single session, it may still prove nothing."""
    doubtful = replace(row(U), low=low, high=high, direction=direction, reason="not surely enough")
    comparison = replace(compared(), rows=(doubtful,))

    assert said in decided(comparison).reasons[0]
