"""The master finds the capacity of a queue in simulated time, from the reports of its workers alone."""

from itertools import pairwise

import pytest

from analysis.capacity import MOST_EMPTY
from analysis.capacity_step import Step
from analysis.event import EventKind
from analysis.profile import Search
from analysis.result import SearchEnd
from tests.locustfiles.hunted import Hunted
from tests.locustfiles.queue_model import QueueModel

SEARCH = Search(start_per_s=8.0, warm_up_s=3, settle_s=2, step_s=8, rest_s=12, steps=20)


@pytest.mark.parametrize(("places", "service_s", "workers"), [(2, 0.1, 1), (4, 0.1, 3), (1, 0.004, 2)])
def test_the_capacity_of_a_queue_is_found_within_ten_percent(
    places: int, service_s: float, workers: int
) -> None:
    """20, 40 and 250 a second: just above it the queue grows, and only time or the count of answers tells."""
    model = QueueModel(SEARCH, places=places, service_s=service_s, workers=workers)
    found = Hunted(model).capacity

    assert found.end is SearchEnd.FOUND
    assert found.rate_per_s == pytest.approx(model.capacity_per_s, rel=0.1)
    assert found.low_per_s is not None
    assert found.high_per_s is not None
    assert found.high_per_s <= 1.1 * found.low_per_s
    assert len(found.steps) <= 16


def test_each_step_begins_when_nothing_is_in_flight_any_more_and_is_noted() -> None:
    model = QueueModel(SEARCH, places=2, service_s=0.1)
    hunted = Hunted(model)

    assert [event["kind"] for event in hunted.noted] == [EventKind.STEP] * len(model.steps)
    noted = [Step(**{key: value for key, value in event.items() if key != "kind"}) for event in hunted.noted]
    assert [step.start_s for step in noted] == [step.start_s for step in model.steps]
    for before, after in pairwise(noted):
        assert after.start_s >= before.end_s + 2
        assert (after.from_s - after.start_s, after.end_s - after.from_s) == (2, 8)


def test_failures_are_missed_objectives_as_well() -> None:
    """From thirty a second on every answer is a failure, though a quick one."""
    model = QueueModel(SEARCH, places=100, service_s=0.1)
    model.failing = lambda step: step.rate_per_s >= 30

    found = Hunted(model).capacity

    assert found.rate_per_s == pytest.approx(30, rel=0.1)
    reasons = {step.reason for step in found.steps if not step.kept}
    assert reasons == {"query.errors.ratio: 100.00%"}


def test_a_cut_step_is_missed_and_its_end_is_told_to_the_workers() -> None:
    model = QueueModel(SEARCH, places=2, service_s=0.1)
    hunted = Hunted(model, seconds=20, cut_at={1: "too early", 7: "errors above 20 %"})

    assert model.steps[0].end_s == 9
    assert model.steps[0].cut == "errors above 20 %"
    assert hunted.noted[0]["cut"] == "errors above 20 %"
    assert model.steps[1].rate_per_s == 4.0


def test_requests_without_an_answer_make_a_step_missed_when_the_rest_is_over() -> None:
    model = QueueModel(SEARCH, places=2, service_s=0.1)
    model.losing = lambda step: step.start_s == 0

    hunted = Hunted(model, seconds=40)

    assert hunted.noted[0]["cut"] == "88 requests had no answer 12 s after it"
    assert model.steps[1].start_s >= SEARCH.warm_up_s + SEARCH.step_s + SEARCH.rest_s


def test_a_search_ends_when_step_after_step_shows_nothing_and_says_why() -> None:
    """Each request is sent 0.6 s late: the limit of 0.5 s is missed, but not by the service."""
    model = QueueModel(SEARCH, places=20, service_s=0.1)
    model.late_s = 0.6

    found = Hunted(model).capacity

    assert found.end is SearchEnd.BLIND
    assert [step.kept for step in found.steps] == [None] * MOST_EMPTY
    assert found.text == (
        "the highest rate that keeps the objectives was not found, as 3 steps in a row showed nothing, the "
        "last one as the generator was late itself by more than a tenth of the limits that were missed"
    )
    assert found.rate_per_s is None


@pytest.mark.parametrize("sends_per_s", [50.0, 90.0])
def test_what_the_generator_can_do_at_most_is_not_taken_for_the_services_capacity(
    sends_per_s: float,
) -> None:
    """What it has not sent yet piles up as what a service has not answered does."""
    model = QueueModel(SEARCH, places=100, service_s=0.1)
    model.sends_per_s = sends_per_s

    found = Hunted(model).capacity

    assert found.end is SearchEnd.BLIND
    assert {step.kept for step in found.steps if step.rate_per_s > sends_per_s} == {None}
    assert "could not keep up" in found.text
    assert "they were kept at" in found.text
