"""Everything that a service can do wrong, and what the wire client calls it."""

import socket
import time

import gevent
import pytest

from analysis.failure import FailureKind
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask, failure_of
from tests.servers.script import (
    Step,
    chunk,
    delay,
    fin,
    head,
    reset,
    response,
    send,
    stall,
)
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

CHUNKED = head(200, {"Transfer-Encoding": "chunked"})


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([fin()], FailureKind.TRUNCATED),
        ([send(b"HTTP/1.1 200"), fin()], FailureKind.TRUNCATED),
        ([send(head(200, {"Content-Length": "9"}) + b"half"), fin()], FailureKind.TRUNCATED),
        ([send(CHUNKED + chunk(b"half")), fin()], FailureKind.TRUNCATED),
        ([send(CHUNKED + b"9\r\nhalf"), fin()], FailureKind.TRUNCATED),
        ([send(head(100)), fin()], FailureKind.TRUNCATED),
        ([reset()], FailureKind.RESET),
        ([send(CHUNKED + chunk(b"half")), delay(0.05), reset()], FailureKind.RESET),
        ([send(b"SSH-2.0-OpenSSH\r\n")], FailureKind.PROTOCOL),
        ([send(b"<html>" * 50), fin()], FailureKind.PROTOCOL),
        ([send(CHUNKED + b"zz\r\nhalf")], FailureKind.PROTOCOL),
        ([send(head(200, {"Content-Length": "ten"}))], FailureKind.PROTOCOL),
        ([send(response(b"one") + b"surplus")], FailureKind.PROTOCOL),
        ([send(response(b"one") + response(b"two"))], FailureKind.PROTOCOL),
        ([send(response(b"one", headers={"Connection": "close"}) + b"surplus")], FailureKind.PROTOCOL),
        (
            [send(head(101, {"Upgrade": "other", "Connection": "upgrade"}) + b"other protocol")],
            FailureKind.PROTOCOL,
        ),
        ([send(head(200, {"X": "y" * 70_000}))], FailureKind.PROTOCOL),
        ([send(response(b"x" * 2001))], FailureKind.PROTOCOL),
        ([send(CHUNKED), *[send(chunk(b"x" * 500))] * 5, stall()], FailureKind.PROTOCOL),
        ([stall()], FailureKind.TIMEOUT),
        ([send(CHUNKED + chunk(b"half")), stall()], FailureKind.TIMEOUT),
        ([send(CHUNKED), *[step for _ in range(99) for step in (send(chunk(b".")), delay(0.02))]], "timeout"),
    ],
)
def test_each_way_to_fail_has_its_kind(
    truth: Truth, client: WireClient, steps: list[Step], kind: FailureKind
) -> None:
    """The connection is not used again, and the next exchange works."""
    truth.script("/failing", steps)
    truth.script("/ok", response(b"fine"))

    timeout_s = 0.3 if kind == FailureKind.TIMEOUT else 10.0
    exchange = ask(client, "/failing", timeout_s=timeout_s, max_body_bytes=2000)

    assert failure_of(exchange) == kind
    assert truth.requests() == {"/failing": 1}
    assert ask(client, "/ok").body == b"fine"
    assert client.opened == 2


def test_a_failure_detail_quotes_nothing_of_the_answer(truth: Truth, client: WireClient) -> None:
    for step in (send(b"secret-4711 " * 9), send(head(200, {"Content-Length": "secret-4711"}))):
        truth.script("/secret", [step])

        assert "4711" not in str(ask(client, "/secret").failure)


def test_a_refused_connection_is_a_connect_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = WireClient(f"http://127.0.0.1:{free.getsockname()[1]}")

        exchange = ask(client, "/")

    assert failure_of(exchange) is FailureKind.CONNECT
    assert (exchange.send_ns, exchange.status, client.opened) == (None, None, 0)


def test_a_connection_that_never_comes_ends_at_the_connect_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            client = WireClient(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout_s=0.1)

            exchange = ask(client, "/")
        finally:
            for one in waiting:
                one.close()

    assert failure_of(exchange) is FailureKind.CONNECT
    assert "0.1 s" in str(exchange.failure)


def test_an_unknown_name_is_a_connect_failure() -> None:
    assert failure_of(ask(WireClient("http://no-such-host.invalid"), "/")) is FailureKind.CONNECT


def test_an_answer_given_before_a_large_body_was_taken_is_the_answer(truth: Truth) -> None:
    truth.script("/large", [send(response(b"too large", 413)), delay(1.0), fin()], early=True)
    truth.script("/large-reset", [send(response(b"too large", 413)), fin()], early=True)
    for path in ("/large", "/large-reset"):
        client = WireClient(truth.url)
        request = client.prepare("POST", path, None, b"x" * 30_000_000)

        exchange = client.exchange(request, sched_ns=now_ns(), timeout_s=5)

        assert exchange.status == 413 or failure_of(exchange) is FailureKind.RESET
        if path == "/large":
            assert (exchange.status, exchange.failure) == (413, None)
        assert client._connection is None


def test_a_request_that_is_never_taken_ends_at_the_deadline(truth: Truth, client: WireClient) -> None:
    truth.script("/never", [delay(1.5), fin()], early=True)

    exchange = client.exchange(
        client.prepare("POST", "/never", None, b"x" * 30_000_000), sched_ns=now_ns(), timeout_s=0.2
    )

    assert failure_of(exchange) is FailureKind.TIMEOUT


def test_a_kill_passes_through_after_the_connection_is_closed(truth: Truth, client: WireClient) -> None:
    truth.script("/stall", [stall()])
    asking = gevent.spawn(ask, client, "/stall")
    deadline = time.monotonic() + 5
    while not truth.requests() and time.monotonic() < deadline:
        gevent.sleep(0.01)

    asking.kill(timeout=5)

    assert isinstance(asking.value, gevent.GreenletExit)
    assert client._connection is None


def test_an_outer_timeout_passes_through_after_the_connection_is_closed(
    truth: Truth, client: WireClient
) -> None:
    truth.script("/stall", [stall()])

    with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        ask(client, "/stall")

    assert client._connection is None


def test_the_deadline_holds_for_a_short_exchange_after_a_long_one(truth: Truth, client: WireClient) -> None:
    """The timer is set lazily; a sooner deadline must move it, a later one must not be cut short."""
    truth.script("/ok", response(b"fine"))
    truth.script("/stall", [stall()])
    truth.script("/slow", [delay(0.4), send(response(b"fine"))])

    assert ask(client, "/ok", timeout_s=30.0).failure is None
    began = time.monotonic()
    assert failure_of(ask(client, "/stall", timeout_s=0.2)) is FailureKind.TIMEOUT
    assert time.monotonic() - began < 5
    assert ask(client, "/ok", timeout_s=0.2).failure is None
    assert ask(client, "/slow", timeout_s=10.0).failure is None
