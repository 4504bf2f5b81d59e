"""What a worker does in a search: arrivals follow the steps, and no outcome leaves the step it belongs to."""

import random

import gevent
import numpy as np
import pytest

from analysis.capacity_step import Step, first_step, step_after
from analysis.profile import Arrivals, LoadProfile, Model, Search, Stage
from locustfiles.load.arrival_schedule import step_times
from locustfiles.load.slice_clock import NS_PER_S, SliceClock
from locustfiles.load.step_queue import StepQueue

START_NS = 1_700_000_000 * NS_PER_S
SEARCH = Search(start_per_s=10.0, warm_up_s=4, settle_s=2, step_s=6, rest_s=5, steps=9)
PROFILE = LoadProfile(
    "hunt", Model.OPEN, {"query": 1.0}, (Stage("search", SEARCH.longest_s, 10.0),), search=SEARCH
)


def filed(clock: SliceClock, due_s: float, done_s: float) -> int:
    return clock.filed_slice(START_NS + round(due_s * NS_PER_S), START_NS + round(done_s * NS_PER_S))


def test_outcomes_stay_in_the_stretch_of_a_step_in_which_they_were_due() -> None:
    clock = SliceClock(PROFILE, START_NS)
    clock.follow(first_step(SEARCH))
    clock.follow(Step(20.0, 15, 17, 23))

    assert filed(clock, 3.9, 8.0) == 3
    assert filed(clock, 4.0, 8.2) == 8
    assert filed(clock, 9.5, 14.0) == 9
    assert filed(clock, 16.5, 22.0) == 16
    assert filed(clock, 22.9, 60.0) == 22
    assert filed(clock, 23.5, 24.5) == 24


def test_a_cut_step_keeps_its_outcomes_before_its_new_end() -> None:
    clock = SliceClock(PROFILE, START_NS)
    clock.follow(first_step(SEARCH))
    clock.follow(Step(20.0, 15, 17, 23))
    clock.follow(Step(20.0, 15, 17, 20, "errors"))
    clock.follow(Step(15.0, 30, 32, 38))

    assert filed(clock, 19.9, 25.0) == 19
    assert filed(clock, 9.5, 14.0) == 9
    assert filed(clock, 30.5, 33.0) == 31
    assert filed(clock, 37.0, 50.0) == 37


def test_many_are_filed_as_one_is() -> None:
    clock, draw = SliceClock(PROFILE, START_NS), random.Random(1)
    clock.follow(first_step(SEARCH))
    clock.follow(Step(20.0, 15, 17, 23))
    pairs = [(due_s := draw.uniform(0, 30), due_s + draw.uniform(0, 9)) for _ in range(200)]
    due_ns, done_ns = (
        np.array([START_NS + round(pair[at] * NS_PER_S) for pair in pairs], np.int64) for at in (0, 1)
    )

    assert clock.filed_slices(due_ns, done_ns).tolist() == [filed(clock, *pair) for pair in pairs]


@pytest.mark.parametrize("arrivals", list(Arrivals))
def test_a_step_holds_its_rate_over_all_workers_and_is_the_same_for_the_same_seed(arrivals: Arrivals) -> None:
    step = Step(50.0, 15, 20, 115)
    times = [list(step_times(step, arrivals, seed=3, worker=worker, workers=2)) for worker in range(2)]
    again = list(step_times(step, arrivals, seed=3, worker=1, workers=2))

    assert all(15 <= due_s < 115 for each in times for due_s in each)
    assert sum(map(len, times)) == pytest.approx(5000, abs=0 if arrivals is Arrivals.CONSTANT else 300)
    assert again == times[1]
    assert (
        list(step_times(Step(50.0, 215, 220, 315), arrivals, seed=3, worker=1, workers=2))
        != [due_s + 200 for due_s in again]
        or arrivals is Arrivals.CONSTANT
    )


def test_arrivals_wait_for_the_next_step_and_end_with_the_queue() -> None:
    first = first_step(SEARCH)
    queue = StepQueue(first)
    seen: list[Step] = []
    reader = gevent.spawn(lambda: seen.extend(queue))
    gevent.sleep(0)
    second = step_after(SEARCH, 20.0, 12.3)
    queue.follow(Step(20.0, second.start_s, second.from_s, second.end_s))
    queue.follow(Step(20.0, second.start_s, second.from_s, second.end_s - 3, "errors"))

    assert queue.newest.end_s == second.end_s - 3
    assert not reader.ready()
    queue.close()
    reader.join(timeout=5)
    assert seen == [first, second]


def test_a_step_begins_soon_but_not_before_workers_can_know_of_it() -> None:
    assert first_step(SEARCH) == Step(10.0, 0, 4, 10)
    assert step_after(SEARCH, 20.0, 12.9) == Step(20.0, 14, 16, 22)
