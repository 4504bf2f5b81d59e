"""How true the stamps of many streams are while the generator has its hands full."""

import gevent
import pytest

from tests.locustfiles.many_streams import DONE, busy, clients, read, token
from tests.servers.script import stream
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

MS = 1_000_000


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
