from typing import Any

import pytest

from analysis.result import ComparisonRow, Outcome
from analysis.steadiness import doubted, steadiness, steady_check
from tests.analysis.courses import climbing, courses, decaying

RUNS = 1000


def flagged(count: int, **course: Any) -> float:
    """Share of the runs that are called not steady."""
    found = [steadiness(one) for one in courses(count, **course)]
    assert None not in found
    return sum(one is not None and not one.steady for one in found) / count


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("warm_up_s", "steady_s"), [(30, 60), (30, 120), (0, 120), (60, 600)])
def test_a_steady_run_is_rarely_called_unsteady_although_its_noise_is_correlated(
    phi: float, warm_up_s: int, steady_s: int
) -> None:
    """At most 1 %; MSER-5 alone asks to cut more than two warm-ups from up to half of these runs."""
    assert flagged(RUNS, phi=phi, warm_up_s=warm_up_s, steady_s=steady_s) <= 0.01


@pytest.mark.parametrize("shape", [decaying(60.0), climbing(0.6)])
def test_a_run_that_warms_up_for_too_long_or_drifts_away_is_not_steady(shape: Any) -> None:
    """The noise is that of 40 answers a second, whose times scatter by half of their size."""
    assert flagged(200, deviation=0.08, shape=shape) >= 0.85


def test_what_the_warm_up_takes_out_is_no_reason() -> None:
    assert flagged(200, deviation=0.08, shape=decaying(10.0)) == 0.0


def test_a_drift_that_moves_no_verdict_is_no_reason() -> None:
    """However sure it is."""
    assert flagged(20, deviation=0.001, shape=climbing(0.08)) == 0.0
    assert flagged(20, deviation=0.001, shape=climbing(0.2)) == 1.0


@pytest.mark.parametrize(
    ("shape", "words"),
    [(decaying(60.0), "% longer than later: make the warm-up longer"), (climbing(0.6), "% less than later")],
)
def test_the_check_is_a_warning_that_says_what_changes_and_when(shape: Any, words: str) -> None:
    (check,) = steady_check(next(courses(1, deviation=0.01, shape=shape)))

    assert (check.name, check.ok, check.invalidates) == ("steady", False, False)
    assert check.text.startswith("not steady: between 30 and 75 s responses took ")
    assert words in check.text
    assert (check.value, check.limit) == ("cut at 75 s", "<= 60 s")


def test_a_short_run_is_not_asked() -> None:
    (check,) = steady_check(next(courses(1, steady_s=50)))

    assert check.ok
    assert "from 90 s of load on" in check.text


def test_a_load_that_changes_has_no_check() -> None:
    assert list(steady_check(None)) == []


def row(**changes: Any) -> ComparisonRow:
    fields: dict[str, Any] = {
        "endpoint": "query", "metric": "response", "statistic": "p95", "unit": "us", "direction": "lower",
        "baseline": 100.0, "candidate": 150.0, "change": 0.5, "low": 0.4, "high": 0.6, "margin": 0.1,
        "outcome": Outcome.REGRESSION, "gated": True, "smallest_effect": None, "reason": None,
    }  # fmt: skip
    return ComparisonRow(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.REGRESSION),
        ({"low": 0.2}, Outcome.INCONCLUSIVE),
        ({"outcome": Outcome.PASS}, Outcome.INCONCLUSIVE),
        ({"outcome": Outcome.IMPROVEMENT}, Outcome.INCONCLUSIVE),
        ({"outcome": Outcome.PASS, "gated": False}, Outcome.PASS),
        ({"metric": "errors", "statistic": "ratio", "low": 0.01}, Outcome.REGRESSION),
        ({"metric": "throughput", "statistic": "rate", "direction": "higher", "low": -0.5, "high": -0.4},
         Outcome.REGRESSION),
        ({"metric": "throughput", "statistic": "rate", "direction": "higher", "low": -0.5, "high": -0.2},
         Outcome.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_what_an_unsteady_run_could_explain_by_itself_is_in_doubt(
    changes: dict[str, Any], outcome: Outcome
) -> None:
    """The latency changed by 20 % within the run: only a regression beyond that and its margin stands."""
    (found,) = doubted([row(**changes)], 0.2)

    assert found.outcome is outcome
    assert (found.reason == "the run was not steady") == (found.outcome is Outcome.INCONCLUSIVE)
