"""The wire client over TLS, verified, by the user-space clock."""

import socket
import time
from collections.abc import Iterator

import gevent
import pytest

from analysis.endpoint import Dialect
from analysis.failure import FailureKind
from locustfiles.load.dialect import decoder_for
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask, failure_of
from tests.servers.script import delay, fin, head, reset, response, send, stall, stream
from tests.servers.truth import CERTIFICATE, Truth, truth_server


@pytest.fixture(scope="module")
def secure_truth() -> Iterator[Truth]:
    with truth_server(secure=True) as server:
        yield server


@pytest.fixture
def secure_client(secure_truth: Truth) -> Iterator[WireClient]:
    secure_truth.clear()
    client = WireClient(secure_truth.url, ca_file=str(CERTIFICATE))
    yield client
    client.close()


def test_requests_share_a_verified_connection(secure_truth: Truth, secure_client: WireClient) -> None:
    """Session tickets arrive unasked after the handshake and do not make the connection stale."""
    secure_truth.script("/ok", response(b"fine"))

    exchanges = [ask(secure_client, "/ok") for _ in range(3)]

    assert [exchange.body for exchange in exchanges] == [b"fine"] * 3
    assert secure_client.opened == 1
    assert secure_client.clock == "user"
    assert exchanges[0].connect_ns is not None
    assert all(exchange.wake_lag_ns is None for exchange in exchanges)


def test_a_certificate_of_an_unknown_authority_is_a_tls_failure(secure_truth: Truth) -> None:
    exchange = ask(WireClient(secure_truth.url), "/ok")

    assert failure_of(exchange) is FailureKind.TLS
    assert "certificate" in str(exchange.failure)


def test_a_certificate_for_another_name_is_a_tls_failure(secure_truth: Truth) -> None:
    client = WireClient(f"https://127.0.0.1:{secure_truth.port}", ca_file=str(CERTIFICATE))

    assert failure_of(ask(client, "/ok")) is FailureKind.TLS


def test_a_service_that_never_shakes_hands_is_a_tls_failure(truth: Truth) -> None:
    """The connect deadline covers the handshake, and other users go on meanwhile."""
    client = WireClient(f"https://localhost:{truth.port}", connect_timeout_s=0.2)
    ticks = gevent.spawn(gevent.sleep, 0.05)

    exchange = ask(client, "/ok")

    assert ticks.ready()
    assert failure_of(exchange) is FailureKind.TLS
    assert "0.2 s" in str(exchange.failure)


def test_a_service_that_speaks_no_tls_is_a_tls_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = WireClient(f"https://localhost:{server.getsockname()[1]}")
        asking = gevent.spawn(ask, client, "/ok")
        gevent.sleep(0.05)
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            exchange = asking.get(timeout=5)

    assert failure_of(exchange) is FailureKind.TLS


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (fin(), FailureKind.TRUNCATED),
        (stall(), FailureKind.TIMEOUT),
        (reset(), None),
    ],
)
def test_an_end_in_the_middle_is_a_failure(
    secure_truth: Truth, secure_client: WireClient, step: tuple[str, float], kind: FailureKind | None
) -> None:
    secure_truth.script("/half", [send(head(200, {"Content-Length": "9"}) + b"half"), delay(0.02), step])

    exchange = ask(secure_client, "/half", timeout_s=0.3 if kind is FailureKind.TIMEOUT else 10.0)

    assert failure_of(exchange) == kind or (
        kind is None and failure_of(exchange) in (FailureKind.RESET, FailureKind.TRUNCATED)
    )
    assert secure_client._connection is None


def test_a_closed_connection_is_noticed_before_anything_is_sent(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    secure_truth.script("/stale", [send(response(b"fine")), fin()])

    for _ in range(3):
        assert ask(secure_client, "/stale").failure is None
        deadline = time.monotonic() + 5
        while (connection := secure_client._connection) and not connection.is_stale():
            assert time.monotonic() < deadline
            gevent.sleep(0.005)

    assert secure_client.opened == 3
    assert secure_truth.requests() == {"/stale": 3}


def test_a_stream_works_over_tls(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script(
        "/stream",
        stream([b'event: token\ndata: {"text": "a"}\n\n', b"event: done\ndata: {}\n\n"], gap_s=0.01),
    )
    request = secure_client.prepare("POST", "/stream", None, b"{}")

    exchange = secure_client.stream(request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS))

    assert [event.kind.value for event in exchange] == ["text", "done"]
    assert exchange.exchange.failure is None
