"""Streams read whatever has come before they look at any of it: in turns, bounded, and safe to leave."""

from collections.abc import Callable
from itertools import groupby

import gevent
import pytest
from gevent import GreenletExit

from locustfiles.load.reading_turn import reading_turn
from locustfiles.load.stamped_socket import AHEAD_BYTES, READ_BYTES, StampedSocket
from locustfiles.load.wire import WireClient
from tests.locustfiles.many_streams import DONE, busy, clients, read, token
from tests.servers.script import STREAM_HEAD, chunk, delay, send, stall, stream
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

STREAMS = 40
ATTEMPTS = 3
"""A machine that stands still for long enough brings events together, whoever reads them."""


def wait_until(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.01)


@pytest.mark.parametrize("server", ["truth", "secure_truth"])
def test_all_that_is_ready_is_read_before_any_of_it_is_looked_at(
    server: str, request: pytest.FixtureRequest
) -> None:
    """Looking at the first events of all streams takes longer than the second ones take to come.

    Whoever reads a socket only when it has looked at the others finds both events in half of the streams,
    with the stamp of the second.
    """
    truth: Truth = request.getfixturevalue(server)
    path = truth.script("/two", stream([token("a "), token("b "), DONE], gap_s=0.2, first_s=0.4))

    for _ in range(ATTEMPTS):
        if read_alone(truth, path) >= STREAMS * 0.9:
            return
    pytest.fail("events were read together with later ones")


def read_alone(truth: Truth, path: str) -> int:
    """How many streams have a stamp of its own for each of their two events."""
    with clients(truth, STREAMS) as opened:
        reading = [gevent.spawn(read, client, path, lambda: busy(0.01)) for client in opened]
        gevent.joinall(reading, timeout=30)
    alone = 0
    for one in reading:
        stamps_ns, exchange = one.value
        assert exchange.failure is None
        alone += [len(list(same)) for _, same in groupby(stamps_ns)] == [1, 1]
    return alone


def test_who_is_killed_between_reading_and_looking_is_not_woken_later(truth: Truth) -> None:
    """The first to look kills all others, whose events have been read; they then sleep undisturbed."""
    truth.clear()
    path = truth.script("/one", [send(STREAM_HEAD), delay(1.0), send(chunk(token("a "))), stall()])
    slept: list[WireClient] = []
    reading: list[gevent.Greenlet] = []

    def kill_the_others() -> None:
        for other in reading:
            if other is not gevent.getcurrent():
                other.kill(block=False)
        busy(0.01)

    def read_until_killed(client: WireClient) -> None:
        try:
            read(client, path, kill_the_others)
        except GreenletExit:
            gevent.sleep(0.3)  # raises when something else than its timer wakes it
            slept.append(client)

    with clients(truth, STREAMS) as opened:
        reading += [gevent.spawn(read_until_killed, client) for client in opened]
        wait_until(lambda: len(truth.records()) == STREAMS)
        gevent.joinall(reading, timeout=5, count=STREAMS - 1)
        gevent.killall(reading, timeout=5)

        assert len(slept) == STREAMS
        assert all(client._connection is None for client in opened)


def test_what_is_read_ahead_is_bounded_while_the_caller_dawdles(truth: Truth, client: WireClient) -> None:
    """400 kB come while it sleeps; what is not read waits in the kernel, and nothing is lost."""
    words = [f"{number:07d} " * 500 for number in range(100)]
    path = truth.script("/long", stream([*(token(word) for word in words), DONE], gap_s=0.002))
    most = 0

    def dawdle() -> None:
        nonlocal most
        connection = client._connection
        assert isinstance(connection, StampedSocket)
        wait_until(lambda: bool(most) or truth.records()[-1]["writes"][-1][2] <= 100)
        most = max(most, connection._unread_bytes)

    stamps_ns, exchange = read(client, path, dawdle)

    assert exchange.failure is None
    assert len(stamps_ns) == len(words)
    assert AHEAD_BYTES <= most <= AHEAD_BYTES + READ_BYTES


def test_what_came_after_the_end_of_a_stream_makes_the_connection_stale(
    truth: Truth, client: WireClient
) -> None:
    """It may have been read ahead already; where the machine stalled, it even came with the end."""
    unasked = STREAM_HEAD + chunk(b"nobody asked")
    path = truth.script("/more", [*stream([token("a "), DONE], first_s=0.05), delay(0.02), send(unasked)])

    for _ in range(3):
        stamps_ns, exchange = read(client, path, lambda: busy(0.1))
        assert len(stamps_ns) == 1
        assert exchange.failure is None or exchange.failure.detail == "bytes after the end of the response"
        wait_until(lambda: len(truth.records()[-1]["writes"]) == 5)
        gevent.sleep(0.01)

    assert client.opened == 3


def test_a_reader_that_fails_does_not_take_the_turn_of_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    turn = reading_turn(gevent.get_hub())
    looked = []

    class Failing:
        def look(self) -> None:
            raise ValueError("on purpose")

    class Looking:
        def look(self) -> None:
            looked.append(self)

    for reader in (Failing(), Looking(), Failing(), Looking()):
        turn.add(reader)
    wait_until(lambda: len(looked) == 2)

    assert capfd.readouterr().err.count("ValueError: on purpose") == 2
