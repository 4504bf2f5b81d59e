"""The wire client against a server that does exactly what it is told."""

import time

import gevent
import pytest

from analysis.failure import FailureKind
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask, failure_of
from tests.servers.script import LAST_CHUNK, Step, bytewise, chunk, delay, fin, head, reset, response, send
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

CHUNKED = head(200, {"Transfer-Encoding": "chunked"})


@pytest.mark.parametrize(
    ("steps", "status", "body"),
    [
        ([send(response(b"hello"))], 200, b"hello"),
        ([send(response(b""))], 200, b""),
        ([send(response(b"gone", 404))], 404, b"gone"),
        ([send(response(b"oops", 503))], 503, b"oops"),
        ([send(response(b"elsewhere", 302, {"Location": "/ok"}))], 302, b"elsewhere"),
        ([send(CHUNKED + chunk(b"he") + chunk(b"llo") + LAST_CHUNK)], 200, b"hello"),
        ([send(CHUNKED + chunk(b"hi") + b"0\r\nX-Trailer: 1\r\n\r\n")], 200, b"hi"),
        ([send(CHUNKED), *bytewise(chunk(b"hello") + LAST_CHUNK)], 200, b"hello"),
        (bytewise(response(b"hello")), 200, b"hello"),
        ([send(head() + b"until"), delay(0.02), send(b" close"), fin()], 200, b"until close"),
        ([send(head()), fin()], 200, b""),
        ([send(head(204))], 204, b""),
        ([send(head(304, {"Content-Length": "99"}))], 304, b""),
        ([send(head(100) + response(b"at last"))], 200, b"at last"),
        ([send(head(100)), delay(0.02), send(head(103) + response(b"at last"))], 200, b"at last"),
        ([*bytewise(head(100) + response(b"at last"))], 200, b"at last"),
        ([send(b"\r\n" + response(b"after a blank line"))], 200, b"after a blank line"),
    ],
)
def test_a_whole_response_is_read_whatever_its_framing(
    truth: Truth, client: WireClient, steps: list[Step], status: int, body: bytes
) -> None:
    """No status is a failure to the client; it follows no redirect and sends nothing twice."""
    truth.script("/framing", steps)

    exchange = ask(client, "/framing")

    assert exchange.failure is None
    assert (exchange.status, exchange.body, exchange.body_bytes) == (status, body, len(body))
    assert truth.requests() == {"/framing": 1}


def test_a_connection_is_kept_for_the_next_request(truth: Truth, client: WireClient) -> None:
    truth.script("/ok", response(b"fine"))

    exchanges = [ask(client, "/ok") for _ in range(5)]

    assert [exchange.body for exchange in exchanges] == [b"fine"] * 5
    assert client.opened == 1
    assert exchanges[0].connect_ns is not None
    assert {exchange.connect_ns for exchange in exchanges[1:]} == {None}


@pytest.mark.parametrize(
    "answer",
    [
        response(b"fine", headers={"Connection": "close"}),
        response(b"fine").replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_a_service_that_wants_to_close_is_obeyed(truth: Truth, client: WireClient, answer: bytes) -> None:
    truth.script("/close", answer)

    assert [ask(client, "/close").body for _ in range(3)] == [b"fine"] * 3
    assert client.opened == 3


@pytest.mark.parametrize("after", [[fin()], [reset()], [send(b"HTTP/1.1 408 Timeout\r\n\r\n")]])
def test_a_stale_connection_is_noticed_before_anything_is_sent(
    truth: Truth, client: WireClient, after: list[Step]
) -> None:
    """A new connection and not a retry: the server sees each request once, and no answer is mixed up."""
    truth.rounds("/stale", [[send(response(b"fine")), delay(0.02), *after]])

    for _ in range(3):
        assert ask(client, "/stale").failure is None
        written = time.monotonic() + 5
        while not _is_stale(client) and time.monotonic() < written:
            gevent.sleep(0.005)

    assert client.opened == 3
    assert truth.requests() == {"/stale": 3}


def _is_stale(client: WireClient) -> bool:
    connection = client._connection
    return connection is None or connection.is_stale()


def test_head_has_no_body_whatever_its_length_says(truth: Truth, client: WireClient) -> None:
    truth.script("/head", head(200, {"Content-Length": "5"}))
    truth.script("/ok", response(b"fine"))

    exchange = ask(client, "/head", "HEAD")

    assert (exchange.failure, exchange.status, exchange.body) == (None, 200, b"")
    assert ask(client, "/ok").body == b"fine"
    assert client.opened == 1


def test_the_same_head_means_something_else_after_head(truth: Truth, client: WireClient) -> None:
    whole = response(b"five!")
    truth.rounds("/same", [[send(whole)], [send(whole[:-5])]])

    bodies = [ask(client, "/same", method).body for method in ("GET", "HEAD", "GET", "HEAD")]

    assert bodies == [b"five!", b"", b"five!", b""]
    assert client.opened == 1


def test_a_body_after_head_is_a_protocol_failure(truth: Truth, client: WireClient) -> None:
    truth.script("/head", response(b"not asked for"))

    assert failure_of(ask(client, "/head", "HEAD")) is FailureKind.PROTOCOL


def test_a_name_is_tried_at_each_of_its_addresses(truth: Truth) -> None:
    """localhost may mean ::1 first, where nothing listens."""
    truth.script("/ok", response(b"fine"))
    client = WireClient(f"http://localhost:{truth.port}")

    assert ask(client, "/ok").body == b"fine"
    client.close()


def test_a_large_body_arrives_whole(truth: Truth, client: WireClient) -> None:
    truth.script("/echo", response(b"taken"))

    exchange = client.exchange(
        client.prepare("PUT", "/echo", None, b"0123456789" * 300_000), sched_ns=now_ns(), timeout_s=10
    )

    assert exchange.body == b"taken"
    assert truth.records()[0]["body"] == "0123456789" * 300_000


def test_headers_of_the_answer_are_found_by_lower_case_name(truth: Truth, client: WireClient) -> None:
    truth.script(
        "/headers", response(b"", headers={"X-One": " a ", "Server-Timing": "x;dur=1", "x-one": "b"})
    )

    headers = ask(client, "/headers").headers

    assert headers["x-one"] == "a, b"
    assert headers["server-timing"] == "x;dur=1"
