"""How true the stamps of many streams are while the generator has its hands full."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby

import gevent
import pytest

from analysis.endpoint import Dialect
from locustfiles.load.dialect import decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind
from locustfiles.load.wire import WireClient
from tests.servers.script import stream
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

DONE = b'event: done\ndata: {"tokens": 3}\n\n'
MS = 1_000_000

Stamps = list[int]


def token(text: str) -> bytes:
    return b'event: token\ndata: {"text": "%b"}\n\n' % text.encode()


def busy(seconds: float) -> None:
    """Holds up the whole process."""
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        pass


@contextmanager
def clients(truth: Truth, count: int) -> Iterator[list[WireClient]]:
    opened = [WireClient(truth.url) for _ in range(count)]
    try:
        yield opened
    finally:
        for client in opened:
            client.close()


def read(client: WireClient, path: str, seen: Callable[[], None]) -> tuple[Stamps, Exchange]:
    """The stamp of each text event; `seen` is called for each."""
    request = client.prepare("POST", path, None, b"{}")
    streamed = client.stream(
        request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS), timeout_s=20
    )
    stamps_ns = []
    for event in streamed:
        if event.kind is EventKind.TEXT:
            stamps_ns.append(event.stamp_ns)
            seen()
    return stamps_ns, streamed.exchange


def written(truth: Truth, path: str, events: int) -> list[tuple[int, int]]:
    """Before and after each write of a text event of the last request for this path."""
    record = [record for record in truth.records() if record["path"] == path][-1]
    return [(before_ns, after_ns) for before_ns, after_ns, _ in record["writes"][1 : events + 1]]


def test_stamps_are_true_although_the_generator_is_late_for_each_event(truth: Truth) -> None:
    """A process that is busy half of the time looks milliseconds late; its stamps do not show it.

    Of events that were read together only the last one has a stamp of its own, and is compared.
    """
    paths = [
        truth.script(
            f"/{number}", stream([*(token("w ") for _ in range(25)), DONE], 0.02, 0.05 + number / 1000)
        )
        for number in range(40)
    ]

    def keep_busy() -> None:
        while True:
            busy(0.008)
            gevent.sleep(0.008)

    lateness = gevent.spawn(keep_busy)
    with clients(truth, len(paths)) as opened:
        reading = [gevent.spawn(read, client, path, int) for client, path in zip(opened, paths, strict=True)]
        gevent.joinall(reading, timeout=30)
    lateness.kill()

    off_ns, lags_ns = [], []
    for path, one in zip(paths, reading, strict=True):
        stamps_ns, exchange = one.value
        assert exchange.failure is None
        assert len(stamps_ns) == 25
        lags_ns.append(exchange.wake_lag_ns or 0)
        events = zip(stamps_ns, written(truth, path, 25), [*stamps_ns[1:], 0], strict=True)
        off_ns += [
            max(before_ns - stamp_ns, stamp_ns - after_ns, 0)
            for stamp_ns, (before_ns, after_ns), next_ns in events
            if stamp_ns != next_ns
        ]
    assert sorted(lags_ns)[len(lags_ns) // 2] > 3 * MS
    assert len(off_ns) > 500
    assert sorted(off_ns)[len(off_ns) * 99 // 100] < MS


def test_all_that_is_ready_is_read_before_any_of_it_is_looked_at(truth: Truth) -> None:
    """Looking at the first events of all streams takes longer than the second ones take to come.

    Whoever reads a socket only when it has looked at the others finds both events in half of the streams,
    with the stamp of the second.
    """
    paths = [
        truth.script(f"/{number}", stream([token("a "), token("b "), DONE], gap_s=0.08, first_s=0.2))
        for number in range(40)
    ]

    with clients(truth, len(paths)) as opened:
        reading = [
            gevent.spawn(read, client, path, lambda: busy(0.004))
            for client, path in zip(opened, paths, strict=True)
        ]
        gevent.joinall(reading, timeout=30)

    alone = 0
    for one in reading:
        stamps_ns, exchange = one.value
        assert exchange.failure is None
        alone += [len(list(same)) for _, same in groupby(stamps_ns)] == [1, 1]
    assert alone >= 36
