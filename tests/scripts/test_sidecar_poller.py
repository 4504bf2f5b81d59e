"""A source in a thread of its own, which never holds up a sample."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.sidecar.poller import Poller
from scripts.sidecar.reading import Reading

SECOND_NS = 1_000_000_000


class Held:
    """A source that answers when the test lets it."""

    parts = ("held",)

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.reads = 0

    def absent(self, reason: str) -> Reading:
        return Reading({"held": None}, {"held": reason})

    def read(self, timeout_s: float) -> Reading:
        assert timeout_s == 1.0
        self.let.acquire(timeout=10)
        self.reads += 1
        if self.reads == 3:
            raise LookupError("http://user:5ecret@host/")
        return Reading({"held": self.reads})

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def polled() -> Iterator[tuple[Held, Poller]]:
    source = Held()
    try:
        yield source, Poller(source, 1.0)
    finally:
        for _ in range(10):
            source.let.release()


def test_an_answer_of_this_tick_has_no_age() -> None:
    with polled() as (source, poller):
        source.let.release()
        poller.ask(time.monotonic_ns())
        poller.wait(5.0)

        assert poller.collect(time.monotonic_ns(), SECOND_NS) == (Reading({"held": 1}), None)


def test_a_late_answer_is_given_with_its_age_and_dropped_after_one_period() -> None:
    with polled() as (source, poller):
        source.let.release()
        poller.ask(time.monotonic_ns())
        poller.wait(5.0)
        done_ns = time.monotonic_ns()
        poller.ask(done_ns)  # not let: the source hangs now

        reading, age_s = poller.collect(done_ns + SECOND_NS // 2, SECOND_NS)
        stale, stale_age_s = poller.collect(done_ns + 3 * SECOND_NS, SECOND_NS)

    assert reading.parts == {"held": 1}
    assert age_s == pytest.approx(0.5, abs=0.1)
    assert stale == Reading({"held": None}, {"held": "no answer for 3.0 s"})
    assert stale_age_s is None


def test_a_hanging_source_is_not_asked_twice() -> None:
    with polled() as (source, poller):
        for _ in range(5):
            poller.ask(time.monotonic_ns())
        source.let.release()
        poller.wait(5.0)

        assert source.reads == 1
        assert not poller.busy


def test_a_fault_in_a_reader_is_said_and_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    with polled() as (source, poller):
        missing = []
        for _ in range(4):
            source.let.release()
            poller.ask(time.monotonic_ns())
            poller.wait(5.0)
            missing.append(dict(poller.collect(time.monotonic_ns(), SECOND_NS)[0].missing))

    assert missing == [{}, {}, {"held": "fault in the reader: LookupError"}, {}]
    assert "the reader of held failed" in caplog.text
