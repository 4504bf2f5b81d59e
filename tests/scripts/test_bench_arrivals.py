"""The yardstick of the benchmark of arrivals, and how evenly they are sent."""

import pytest

from scripts.bench.answering_process import answering_server
from scripts.bench.cores import two_cores
from scripts.bench.punctuality import WARM_UP_S, Punctuality, punctuality, variation
from scripts.bench.undisturbed import Machine, watched_core
from scripts.bench.window import BenchError

S = 1_000_000_000
START_NS = 100 * S
EVEN = 0.1
LATE_MS = 1.0


def run(rate: int, steady_s: int, *, real_time: bool = False) -> Punctuality:
    cores = two_cores()
    with answering_server(cores, stamps=True) as server:
        return punctuality(rate, steady_s, server, cores, real_time=real_time)


def test_the_arrivals_that_were_drawn_are_those_sent_and_those_answered() -> None:
    """The schedule, the run log and the server agree."""
    seen = run(rate=50, steady_s=1)

    assert seen.drawn == seen.sent == seen.answered == 50 * (WARM_UP_S + 1)
    assert 0 <= seen.send_lag_p50_ms <= seen.send_lag_p99_ms
    assert seen.gap_variation > 0


@pytest.mark.slow
@pytest.mark.alone
def test_five_hundred_constant_arrivals_a_second_are_sent_evenly_and_on_time() -> None:
    """By the stamps of the server's kernel, in the best second of up to three runs.

    Other programs are kept from the generator's core where that is allowed, but not a host's other guests:
    they spoil seconds, of which a bare timer tells. What the generator does in every second spoils all.
    """
    found: list[Punctuality] = []
    while len(found) < 3 and not any(is_even(seen) and is_on_time(seen) for seen in found):
        found.append(run(rate=500, steady_s=4, real_time=True))

    assert is_even(found[-1]), found
    assert is_on_time(found[-1]), found


@pytest.mark.slow
@pytest.mark.alone
def test_in_all_seconds_that_the_machine_leaves_alone_arrivals_are_even_and_on_time() -> None:
    """Not in the best one only."""
    seen = run(rate=500, steady_s=30, real_time=True)

    assert seen.undisturbed is not None, "no bare timer may watch here, or no second was undisturbed"
    assert seen.undisturbed.seconds >= 3, seen
    assert seen.undisturbed.gap_variation <= EVEN, seen
    assert is_on_time(seen), seen


def is_even(seen: Punctuality) -> bool:
    return min(seen.gap_variation_of_seconds) <= EVEN


def is_on_time(seen: Punctuality) -> bool:
    """Where no bare timer may watch, nothing can be said."""
    if seen.machine_late_ms is None:
        return True
    return seen.undisturbed is not None and seen.undisturbed.send_lag_p99_ms <= LATE_MS


def test_the_variation_of_gaps_is_that_of_the_textbook() -> None:
    assert variation([2, 2, 2]) == 0
    assert variation([1, 3]) == pytest.approx(0.5)
    with pytest.raises(BenchError, match="nothing was sent"):
        variation([])


def test_a_stall_of_the_machine_disturbs_the_seconds_that_it_touches() -> None:
    """Its backlog included: the second one ends just before a second does."""
    machine = Machine(late=[(START_NS + 2 * S + S // 2, S // 100), (START_NS + 5 * S - S // 50, S // 100)])

    assert machine.undisturbed(START_NS, range(2, 8)) == [3, 6, 7]
    assert machine.longest_ms(START_NS, range(2, 8)) == pytest.approx(10.0)
    assert machine.longest_ms(START_NS, range(6, 8)) == 0.0


def test_where_no_timer_watches_nothing_is_said_of_the_machine() -> None:
    assert Machine().undisturbed(START_NS, range(2)) is None
    assert Machine().longest_ms(START_NS, range(2)) is None


def test_a_watched_core_tells_when_it_was_late_or_that_it_may_not_be_watched() -> None:
    with watched_core(two_cores().generator) as machine:
        pass

    assert machine.late is None or all(late_ns > 0 for _, late_ns in machine.late)
