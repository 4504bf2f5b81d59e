"""The arrival scheduler wakes on time, never early, always, and at once when it is to stop."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

import gevent
import pytest
from gevent.event import Event

from locustfiles.load.pacer import Pacer, TimerfdPacer, TimerPacer, open_pacer
from locustfiles.load.stamp import now_ns
from locustfiles.load.timerfd import TimerFd

pytestmark = pytest.mark.alone

SPACING_NS = 2_000_000
FAR_NS = 3_600_000_000_000

PACERS: dict[str, Callable[[Event], Pacer]] = {
    "timerfd": lambda stop: TimerfdPacer(TimerFd(), stop),
    "timer": TimerPacer,
}


@pytest.fixture(params=PACERS)
def paced(request: pytest.FixtureRequest) -> Iterator[tuple[Pacer, Event]]:
    stop = Event()
    with closing(PACERS[request.param](stop)) as pacer:
        yield pacer, stop


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def lateness_ns(wait_until: Callable[[int], object], count: int) -> list[int]:
    """By how much each of so many evenly spaced wake-ups came late."""
    start_ns = now_ns() + SPACING_NS
    late_ns = []
    for due_ns in range(start_ns, start_ns + count * SPACING_NS, SPACING_NS):
        wait_until(due_ns)
        late_ns.append(now_ns() - due_ns)
    return late_ns


def sleep_until(due_ns: int) -> None:
    while (remaining_ns := due_ns - now_ns()) > 0:
        gevent.sleep(remaining_ns / 1e9)


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_the_timerfd_wakes_closer_to_the_moment_than_sleeping_does() -> None:
    """1 000 wake-ups each, in turns, so that both have the same machine."""
    ours_ns: list[int] = []
    slept_ns: list[int] = []
    with closing(open_pacer(Event())) as pacer:
        assert isinstance(pacer, TimerfdPacer)
        for _ in range(10):
            ours_ns += lateness_ns(pacer.wait_until, 100)
            slept_ns += lateness_ns(sleep_until, 100)

    assert len(ours_ns) == 1000
    assert min(ours_ns) >= 0
    assert median(ours_ns) < median(slept_ns)


def test_every_wake_up_happens_and_none_is_early(paced: tuple[Pacer, Event]) -> None:
    pacer, _ = paced

    late_ns = lateness_ns(pacer.wait_until, 100)

    assert len(late_ns) == 100
    assert min(late_ns) >= 0


def test_all_that_is_overdue_is_let_through_and_others_have_their_turn(paced: tuple[Pacer, Event]) -> None:
    """A pipe is read meanwhile: not only callbacks run between two wake-ups, but sockets are looked at."""
    pacer, _ = paced
    read_end, write_end = os.pipe()
    turns = 0

    def look() -> None:
        nonlocal turns
        turns += 1

    readable = gevent.get_hub().loop.io(read_end, 1)
    try:
        os.write(write_end, b"!")
        readable.start(look)
        past_ns = now_ns() - SPACING_NS * 5000
        through = sum(pacer.wait_until(past_ns + number * SPACING_NS) for number in range(5000))
    finally:
        readable.stop()
        readable.close()
        os.close(read_end)
        os.close(write_end)

    assert through == 5000
    assert turns > 0


def test_a_wait_ends_at_once_when_a_stop_is_asked_for(paced: tuple[Pacer, Event]) -> None:
    pacer, stop = paced
    waiting = gevent.spawn(pacer.wait_until, now_ns() + FAR_NS)
    gevent.sleep(0)

    stop.set()

    assert waiting.get(timeout=10) is False


def test_nothing_is_waited_for_after_a_stop(paced: tuple[Pacer, Event]) -> None:
    pacer, stop = paced
    stop.set()

    with gevent.Timeout(10):
        assert pacer.wait_until(now_ns() + FAR_NS) is False
        assert pacer.wait_until(now_ns() - FAR_NS) is False


def test_a_killed_wait_leaves_a_pacer_that_closes(paced: tuple[Pacer, Event]) -> None:
    pacer, stop = paced
    waiting = gevent.spawn(pacer.wait_until, now_ns() + FAR_NS)
    gevent.sleep(0)

    waiting.kill(timeout=10)
    pacer.close()
    stop.set()
    gevent.sleep(0)

    assert waiting.ready()


def test_closing_gives_the_descriptor_back_however_often() -> None:
    gevent.sleep(0)
    before = open_descriptors()
    pacer = open_pacer(Event())
    assert len(open_descriptors()) == len(before) + 1
    pacer.wait_until(now_ns())

    pacer.close()
    pacer.close()

    assert open_descriptors() == before


def test_without_a_timerfd_timers_pace_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with no_descriptors_left(), caplog.at_level(logging.WARNING):
        pacer = open_pacer(Event())

    assert isinstance(pacer, TimerPacer)
    assert "No timerfd here" in caplog.text
    assert pacer.wait_until(now_ns() + SPACING_NS)
