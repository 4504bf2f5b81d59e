"""Keeps every observation of this process until it is reported, slice by slice."""

from collections.abc import Callable, Iterator

from analysis.failure import Failure, FailureKind
from analysis.metric import CACHED_APART
from analysis.profile import LoadProfile
from locustfiles.load.book import Book, JsonRow
from locustfiles.load.exchange import Exchange
from locustfiles.load.journal import Journal, Page
from locustfiles.load.outcome import PLAIN, Outcome
from locustfiles.load.slice_clock import SliceClock
from locustfiles.load.stamp import now_ns

GENERATOR = "generator"
HIT, MISS = "hit.", "miss."


class EndpointRecorder:
    """Books of one endpoint. A started request ends in exactly one of `ok`, `fail` and `abort`."""

    __slots__ = ("_books", "_clock", "_from_ns", "_journal", "_now", "_to_ns", "limits_us", "on_fold")

    def __init__(self, clock: SliceClock, limits_us: dict[str, float]) -> None:
        self._clock = clock
        self._books: dict[int, Book] = {}
        self._journal = Journal()
        self._now = Book()
        self._from_ns = self._to_ns = 0
        self.limits_us = limits_us
        self.on_fold: Callable[[Page], None] | None = None
        """Called with answered exchanges some time after they were, at least once for each report."""

    def book(self, due_ns: int, done_ns: int) -> Book:
        """The book for something due and done at these stamps."""
        return self._numbered(self._clock.filed_slice(due_ns, done_ns))

    def drop(self, due_ns: int) -> None:
        """An arrival that was due and could not be sent."""
        self.book(due_ns, due_ns).dropped += 1

    def start(self, due_ns: int) -> None:
        """A request that was due and is being sent."""
        if not self._from_ns <= due_ns < self._to_ns:
            self._turn_to(due_ns)
        self._now.started += 1

    def abort(self, due_ns: int) -> None:
        """A started request that was killed before it had an outcome."""
        self.book(due_ns, now_ns()).aborted += 1

    def leave(self, due_ns: int) -> None:
        """A started stream that its user left on purpose."""
        book = self.book(due_ns, now_ns())
        book.aborted += 1
        book.left += 1

    def reconnect(self, due_ns: int) -> None:
        """A started request that takes up a stream which had broken off."""
        self.book(due_ns, due_ns).reconnects += 1

    def finish(self, exchange: Exchange, outcome: Outcome, *, heard: bool) -> None:
        """A started request with its outcome; `heard` when its `request` event is fired as well.

        Only successful exchanges enter the latency histograms: a fast refusal is not a fast service.
        """
        send_ns, first_ns, last_ns = exchange.send_ns, exchange.first_ns, exchange.last_ns
        if outcome.failure is not None or send_ns is None or first_ns is None or last_ns is None:
            self._fail(exchange, outcome.failure or Failure(FailureKind.PROTOCOL, "an answer without a byte"))
            return
        due_ns = exchange.sched_ns
        if outcome is not PLAIN:
            book = self.book(due_ns, last_ns)
            book.described(outcome)
            if outcome.hit is not None:
                self._cached(book, exchange, outcome, is_hit=outcome.hit)
            for metric, value_us in outcome.timings_us.items():
                book.time(metric, value_us)
            if outcome.gaps_us:
                book.gaps(outcome.gaps_us)
        opening_ns = 0
        if exchange.connect_ns is not None:
            opening_ns = exchange.opening_ns
            self.book(due_ns, last_ns).time("connect", exchange.connect_ns // 1000)
        good = bool(self.limits_us) and self._is_good(exchange, outcome)
        lag_ns, size = exchange.wake_lag_ns, exchange.received_bytes
        if self._journal.write(due_ns, send_ns, first_ns, last_ns, lag_ns, size, heard, good, opening_ns):
            self.fold()

    def fold(self) -> None:
        """Enter what the journal holds into the books."""
        page = self._journal.take()
        if page is None:
            return
        for number, part in page.by_slice(self._clock):
            self._numbered(number).answered(part)
        if self.on_fold is not None:
            self.on_fold(page)

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
        self.fold()
        books, self._books = self._books, {}
        self._from_ns = self._to_ns = 0
        return books

    def _numbered(self, number: int) -> Book:
        book = self._books.get(number)
        if book is None:
            book = self._books[number] = Book()
        return book

    def _turn_to(self, due_ns: int) -> None:
        """Most requests are due in the slice in which the one before was."""
        number = self._clock.filed_slice(due_ns, due_ns)
        self._now = self._numbered(number)
        self._from_ns, self._to_ns = self._clock.bounds_ns(number)

    def _fail(self, exchange: Exchange, failure: Failure) -> None:
        due_ns, last_ns = exchange.sched_ns, exchange.last_ns
        book = self.book(due_ns, now_ns() if last_ns is None else last_ns)
        book.bytes += exchange.received_bytes
        if exchange.send_ns is not None:
            book.time("send_lag", (exchange.send_ns - due_ns - exchange.opening_ns) // 1000)
        if exchange.wake_lag_ns is not None:
            book.time("wake_lag", exchange.wake_lag_ns // 1000)
        book.fail(failure, exchange.status)

    def _cached(self, book: Book, exchange: Exchange, outcome: Outcome, *, is_hit: bool) -> None:
        prefix = HIT if is_hit else MISS
        for metric, value_us in _times_us(exchange, outcome).items():
            if value_us is not None and metric in CACHED_APART:
                book.time(prefix + metric, value_us)

    def _is_good(self, exchange: Exchange, outcome: Outcome) -> bool:
        times_us = _times_us(exchange, outcome)
        return all(
            (value_us := times_us.get(name)) is not None and value_us <= limit_us
            for name, limit_us in self.limits_us.items()
        )


def _times_us(exchange: Exchange, outcome: Outcome) -> dict[str, int | None]:
    return {"response": exchange.response_us, "service": exchange.service_us, **outcome.timings_us}


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

    def fold(self) -> None:
        """Bring all books up to date."""
        for recorder in self._endpoints.values():
            recorder.fold()

    def lag(self, lag_us: int) -> None:
        """One reading of the event loop's lateness; what ending the load costs is no part of the run."""
        stamp_ns = now_ns()
        if self.clock.is_over(stamp_ns):
            return
        self.endpoint(GENERATOR).book(stamp_ns, stamp_ns).time("loop_lag", lag_us)

    def rows(self) -> Iterator[JsonRow]:
        """Everything recorded since the last time, as plain JSON values for a message to the master.

        A row for each endpoint and slice, then one for each of its histograms: each is small and quickly
        made, so that the load may go on in between. Take all of them.
        """
        for name, recorder in list(self._endpoints.items()):
            for number, book in sorted(recorder.take().items()):
                head = {"slice": number, "endpoint": name}
                yield {**head, "counts": book.counts(), "histograms": {}, "exemplars": book.exemplars}
                for metric, text in book.encoded():
                    yield {**head, "counts": {}, "histograms": {metric: text}, "exemplars": []}

    def report(self, pause: Callable[[], None] | None = None) -> list[JsonRow]:
        """The same with one row for each endpoint and slice; `pause` is called after each histogram."""
        whole: dict[tuple[str, int], JsonRow] = {}
        for row in self.rows():
            first = whole.setdefault((row["endpoint"], row["slice"]), row)
            first["histograms"].update(row["histograms"])
            if pause is not None:
                pause()
        return list(whole.values())
