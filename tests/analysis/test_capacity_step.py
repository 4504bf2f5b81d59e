"""A step is kept, missed or shows nothing, by what its slices hold."""

import pytest

from analysis.capacity_step import Measured, Step, measured_step, outcome_of, steps_of
from analysis.counts import Counts
from analysis.failure import FailureKind
from analysis.histogram import Histogram
from analysis.measurement import GENERATOR, Part
from analysis.target_parts import Objective

STEP = Step(100.0, 10, 12, 22)
OBJECTIVES = (
    Objective("query.response.p95", "query", "response", "p95", 500_000.0, "us"),
    Objective("query.errors.ratio", "query", "errors", "ratio", 0.01, "ratio"),
    Objective("memory_growth", None, "memory_growth", "slope", 100.0, "MB/h"),
)


def measured(
    *,
    due: int = 1000,
    dropped: int = 0,
    failed: int = 0,
    growth: int = 0,
    response_ms: int = 100,
    lag_ms: int = 0,
) -> Measured:
    """Ten seconds at a hundred a second."""
    started = due - dropped
    counts = Counts(
        due=due, dropped=dropped, started=started, ok=started - failed, failed={FailureKind.HTTP_5XX: failed}
    )
    histograms = {
        "query.response": Histogram.of([response_ms * 1000] * (started - failed)),
        "query.send_lag": Histogram.of([lag_ms * 1000] * started),
        "generator.loop_lag": Histogram.of([900_000] * 10),
    }
    return Measured(Part(10.0, histograms, {"query": counts, GENERATOR: Counts(clipped=5)}), growth)


@pytest.mark.parametrize(
    ("found", "kept", "reason"),
    [
        (measured(), True, None),
        (measured(response_ms=501), False, r"query.response.p95: 501"),
        (measured(failed=11), False, r"query.errors.ratio: 1.10%"),
        (measured(failed=10), True, None),
        (measured(dropped=11), False, "11 of 1000 requests were dropped"),
        (measured(dropped=10), True, None),
        (measured(growth=31), False, "31 waited longer and longer"),
        (measured(growth=30), True, None),
        (measured(growth=31, response_ms=400, lag_ms=30), False, "31 waited longer and longer"),
        (measured(growth=31, response_ms=400, lag_ms=50), None, "it was late itself by 50 ms"),
        (measured(dropped=11, response_ms=400, lag_ms=50), None, "of the 400 ms that requests took"),
        (measured(due=870), None, "asked for 870 requests in place of 1000"),
        (measured(due=880), True, None),
        (measured(response_ms=600, lag_ms=60), None, "late itself"),
        (measured(response_ms=600, lag_ms=40), False, "query.response.p95"),
        (measured(response_ms=600, lag_ms=60, failed=500), False, "query.errors.ratio"),
        (measured(lag_ms=60), True, None),
    ],
)
def test_a_step_keeps_its_objectives_or_says_why_not(
    found: Measured, kept: bool | None, reason: str | None
) -> None:
    outcome = outcome_of(STEP, found, OBJECTIVES)

    assert outcome.kept is kept
    if reason is None:
        assert outcome.reason is None
    else:
        assert reason in str(outcome.reason)


def test_a_service_that_holds_many_requests_may_end_with_some_more() -> None:
    """A thousand in flight on average: their number changes by chance, by more than three in a hundred."""
    assert outcome_of(STEP, measured(growth=60), OBJECTIVES).kept is False
    slow = measured(growth=60, response_ms=10_000)
    assert "waited longer" not in str(outcome_of(STEP, slow, OBJECTIVES).reason)


def test_a_cut_step_is_missed_and_one_without_slices_shows_nothing() -> None:
    cut = Step(100.0, 10, 12, 22, cut="errors above 20 %")

    assert outcome_of(cut, measured(), OBJECTIVES).kept is False
    assert outcome_of(cut, measured(), OBJECTIVES).reason == "errors above 20 %"
    assert outcome_of(STEP, None, OBJECTIVES).kept is None
    assert outcome_of(cut, None, OBJECTIVES).kept is False
    assert outcome_of(cut, measured(response_ms=9_000, lag_ms=8_000), OBJECTIVES).kept is None


def test_what_is_in_flight_shows_in_the_last_slices_of_settling_and_of_the_measured_part() -> None:
    """Filed there is what ended later: 7 and 40 more ended than began."""
    edges = {11: Counts(started=100, ok=107), 21: Counts(started=100, ok=130, aborted=10)}

    found = measured_step(STEP, measured().part, edges)

    assert found.growth == 33
    assert found.answered_per_s == pytest.approx(96.7)


def test_only_whole_step_events_are_steps() -> None:
    events = [
        {"t_utc_ns": 1, "kind": "stage", "name": "search", "level": 10},
        {"t_utc_ns": 2, "kind": "step", **STEP.fields()},
        {"t_utc_ns": 3, "kind": "step", "rate_per_s": 12},
        {"t_utc_ns": 4, "kind": "step", "rate_per_s": 12, "start_s": 1, "from_s": 2, "end_s": 3, "cut": "x"},
    ]

    assert steps_of(events) == (STEP, Step(12.0, 1, 2, 3, "x"))
