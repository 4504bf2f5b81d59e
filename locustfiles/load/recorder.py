"""Keeps every observation of this process until it is reported, slice by slice."""

from typing import Any

from analysis.failure import Failure
from analysis.profile import LoadProfile
from locustfiles.load.book import Book, JsonRow
from locustfiles.load.outcome import Outcome
from locustfiles.load.slice_clock import SliceClock
from locustfiles.load.stamp import now_ns

GENERATOR = "generator"


class EndpointRecorder:
    """Books of one endpoint. A started request ends in exactly one of `ok`, `fail` and `abort`."""

    __slots__ = ("_books", "_clock", "limits_us")

    def __init__(self, clock: SliceClock, limits_us: dict[str, float]) -> None:
        self._clock = clock
        self._books: dict[int, Book] = {}
        self.limits_us = limits_us

    def book(self, due_ns: int, done_ns: int) -> Book:
        """The book for something due and done at these stamps."""
        number = self._clock.filed_slice(due_ns, done_ns)
        book = self._books.get(number)
        if book is None:
            book = self._books[number] = Book()
        return book

    def drop(self, due_ns: int) -> None:
        """An arrival that was due and could not be sent."""
        book = self.book(due_ns, due_ns)
        book.due += 1
        book.dropped += 1

    def start(self, due_ns: int) -> None:
        """A request that was due and is being sent."""
        book = self.book(due_ns, due_ns)
        book.due += 1
        book.started += 1

    def abort(self, due_ns: int) -> None:
        """A started request that was killed before it had an outcome."""
        self.book(due_ns, now_ns()).aborted += 1

    def finish(self, outcome: Outcome) -> None:
        """A started request with its outcome.

        Only successful exchanges enter the latency histograms: a fast refusal is not a fast service.
        """
        exchange, failure, timings_us, gaps_us, text_events = outcome
        due_ns, last_ns = exchange.sched_ns, exchange.last_ns
        book = self.book(due_ns, now_ns() if last_ns is None else last_ns)
        book.bytes += exchange.received_bytes
        book.coalesced += exchange.coalesced
        send_ns = exchange.send_ns
        if send_ns is not None:
            book.time("send_lag", (send_ns - due_ns) // 1000)
        if exchange.wake_lag_ns is not None:
            book.time("wake_lag", exchange.wake_lag_ns // 1000)
        if failure is not None:
            book.fail(failure, exchange.status)
            return
        book.ok += 1
        response_us = service_us = None
        if last_ns is not None and send_ns is not None:
            response_us = (last_ns - due_ns) // 1000
            service_us = (last_ns - send_ns) // 1000
            book.time("response", response_us)
            book.time("service", service_us)
            if exchange.first_ns is not None:
                book.time("ttfb", (exchange.first_ns - send_ns) // 1000)
        for metric, value_us in timings_us.items():
            book.time(metric, value_us)
        book.events += text_events
        for gap_us in gaps_us:
            book.time("gap", gap_us)
        if self.limits_us:
            times = {"response": response_us, "service": service_us, **timings_us}
            if all((value := times.get(name)) is not None and value <= limit
                   for name, limit in self.limits_us.items()):  # fmt: skip
                book.good += 1

    def stock(
        self, due_ns: int, done_ns: int, response_us: int | None, received_bytes: int, failure: Failure | None
    ) -> None:
        """A finished request of a stock Locust user: one time, no kernel stamps."""
        self.start(due_ns)
        book = self.book(due_ns, done_ns)
        book.bytes += received_bytes
        if failure is not None:
            book.fail(failure, None)
            return
        book.ok += 1
        if response_us is not None:
            book.time("response", response_us)
            book.time("service", response_us)

    def take(self) -> dict[int, Book]:
        """Hand over all books and begin new ones."""
        books, self._books = self._books, {}
        return books


class Recorder:
    """All endpoint recorders of one process and run."""

    def __init__(self, profile: LoadProfile, start_ns: int, limits: dict[str, dict[str, float]]) -> None:
        self.clock = SliceClock(profile, start_ns)
        self._limits = limits
        self._endpoints: dict[str, EndpointRecorder] = {}
        self.in_flight = 0
        self.fault: str | None = None
        """What went wrong in our own code while asking; such a run cannot pass."""

    def endpoint(self, name: str) -> EndpointRecorder:
        """The recorder of one endpoint, made at first use."""
        recorder = self._endpoints.get(name)
        if recorder is None:
            recorder = self._endpoints[name] = EndpointRecorder(self.clock, self._limits.get(name, {}))
        return recorder

    def lag(self, lag_us: int) -> None:
        """One reading of the event loop's lateness."""
        stamp_ns = now_ns()
        self.endpoint(GENERATOR).book(stamp_ns, stamp_ns).time("loop_lag", lag_us)

    def report(self) -> list[JsonRow]:
        """Everything recorded since the last report, as plain JSON values for a message to the master."""
        rows: list[dict[str, Any]] = []
        for name, recorder in self._endpoints.items():
            for number, book in sorted(recorder.take().items()):
                rows.append(
                    {
                        "slice": number,
                        "endpoint": name,
                        "counts": book.counts(),
                        "histograms": book.encoded(),
                        "exemplars": book.exemplars,
                    }
                )
        return rows
