"""The wire client over TLS: trust, ends, and what passes through."""

import socket
import time
from pathlib import Path

import gevent
import pytest

from analysis.endpoint import Dialect
from analysis.errors import UsageError
from analysis.failure import FailureKind
from analysis.target import Tls
from locustfiles.load.dialect import decoder_for
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask, failure_of
from tests.servers.script import cut, delay, fin, head, reset, response, send, stall, stream
from tests.servers.truth import (
    CERTIFICATE,
    CLIENT_CERTIFICATE,
    EXPIRED_CERTIFICATE,
    LOOPBACK_CERTIFICATE,
    Truth,
    truth_server,
)

TRUSTING = Tls(ca_file=str(CERTIFICATE))

ENCRYPTED_KEY = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgxbikQyJI3LAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPgGhlIcw1eAhiMqnVFgLbAEgZBm
ZoHYhfbv647/SfMv7TzlUu8dMk9hQLCexaKdcu4f54M58+nyM1DqZcT3x7oQuebF
Linh3KqlqwGu59GCGCKqZsAge2l+Z3qc2vYmuS0tfIUUErUe8zxxlI/xDe+5VQ8d
2hwWl4EnVm+f5D1uSr4p65fmpm1mth6fpt4FhYWSaFmwKe1itM8Ow8fkvYIt3XA=
-----END ENCRYPTED PRIVATE KEY-----
"""


def test_requests_share_a_verified_connection(secure_truth: Truth, secure_client: WireClient) -> None:
    """Session tickets arrive unasked after the handshake and do not make the connection stale."""
    secure_truth.script("/ok", response(b"fine"))

    exchanges = [ask(secure_client, "/ok") for _ in range(200)]

    assert [exchange.body for exchange in exchanges] == [b"fine"] * 200
    assert secure_client.opened == 1
    assert len({record["connection"] for record in secure_truth.records()}) == 1
    assert exchanges[0].connect_ns is not None
    assert all(exchange.connect_ns is None for exchange in exchanges[1:])


def test_tickets_that_arrive_before_the_first_request_are_no_answer(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    secure_truth.script("/ok", response(b"fine"))
    connection = secure_client._dialer.dial(5.0)
    secure_client._connection = connection
    gevent.sleep(0.05)

    assert not connection.is_stale()
    assert ask(secure_client, "/ok").body == b"fine"
    assert secure_client.opened == 0


def test_a_certificate_of_an_unknown_authority_is_a_tls_failure(secure_truth: Truth) -> None:
    for tls in (Tls(), Tls(ca_file=str(CLIENT_CERTIFICATE))):
        exchange = ask(WireClient(secure_truth.url, tls=tls), "/ok")

        assert failure_of(exchange) is FailureKind.TLS
        assert "certificate refused: self" in str(exchange.failure)


def test_a_certificate_for_another_name_is_a_tls_failure(secure_truth: Truth) -> None:
    client = WireClient(f"https://127.0.0.1:{secure_truth.port}", tls=TRUSTING)
    exchange = ask(client, "/ok")

    assert failure_of(exchange) is FailureKind.TLS
    assert "IP address mismatch" in str(exchange.failure)


def test_an_expired_certificate_is_a_tls_failure() -> None:
    with truth_server(secure=True, certificate=EXPIRED_CERTIFICATE) as server:
        exchange = ask(WireClient(server.url, tls=Tls(ca_file=str(EXPIRED_CERTIFICATE))), "/ok")

    assert failure_of(exchange) is FailureKind.TLS
    assert "expired" in str(exchange.failure)


def test_without_verification_any_certificate_does(secure_truth: Truth) -> None:
    secure_truth.script("/ok", response(b"fine"))
    client = WireClient(f"https://127.0.0.1:{secure_truth.port}", tls=Tls(verify=False))

    assert ask(client, "/ok").body == b"fine"
    client.close()


def test_a_service_that_asks_for_a_client_certificate_gets_it_or_refuses() -> None:
    """With TLS 1.3 the refusal comes after the handshake, in place of an answer."""
    with truth_server(secure=True, client_ca=CLIENT_CERTIFICATE) as server:
        server.script("/ok", response(b"fine"))
        known = WireClient(server.url, tls=Tls(ca_file=str(CERTIFICATE), cert_file=str(CLIENT_CERTIFICATE)))
        unknown = WireClient(
            server.url, tls=Tls(ca_file=str(CERTIFICATE), cert_file=str(LOOPBACK_CERTIFICATE))
        )
        nameless = WireClient(server.url, tls=TRUSTING)
        exchanges = [ask(client, "/ok") for client in (known, unknown, nameless)]
        known.close()

        assert [failure_of(exchange) for exchange in exchanges] == [None, FailureKind.TLS, FailureKind.TLS]
        assert exchanges[0].body == b"fine"
        assert server.requests() == {"/ok": 1}


@pytest.mark.parametrize(
    ("tls", "wanted"),
    [
        (Tls(ca_file=__file__), "tls.ca_file: "),
        (Tls(cert_file=__file__), "tls.cert_file: "),
        (
            Tls(cert_file=str(CERTIFICATE), key_file=str(CLIENT_CERTIFICATE)),
            "tls.cert_file and tls.key_file: ",
        ),
    ],
)
def test_files_that_tls_cannot_use_are_an_error_of_the_target(tls: Tls, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        WireClient("https://localhost:1", tls=tls)


def test_an_encrypted_key_is_refused_and_no_password_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(CERTIFICATE.read_text().split("-----BEGIN PRIVATE")[0] + ENCRYPTED_KEY)

    with pytest.raises(UsageError, match="not encrypted") as caught:
        WireClient("https://localhost:1", tls=Tls(cert_file=str(path)))

    assert "MI" not in str(caught.value).replace(str(path), "")


@pytest.mark.parametrize(("address", "secure"), [("::1", False), ("::1", True), ("127.0.0.1", True)])
def test_an_address_does_as_a_host_and_its_certificate_is_checked(address: str, secure: bool) -> None:
    with truth_server(secure=secure, address=address, certificate=LOOPBACK_CERTIFICATE) as server:
        server.script("/ok", response(b"fine"))
        client = WireClient(server.url, tls=Tls(ca_file=str(LOOPBACK_CERTIFICATE)))
        exchanges = [ask(client, "/ok") for _ in range(2)]
        [first, _] = server.records()
        client.close()

    assert [exchange.body for exchange in exchanges] == [b"fine"] * 2
    assert client.opened == 1
    assert client.clock == "kernel"
    assert all(exchange.wake_lag_ns is not None for exchange in exchanges)
    assert f"Host: {server.url.split('//')[1]}\r\n" in first["head"]


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
        (cut(), FailureKind.TRUNCATED),
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


def test_an_answer_without_length_ends_with_the_notice_of_the_end_alone(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    answer = head(200, {"Connection": "close"}) + b"some text"
    secure_truth.script("/whole", [send(answer), fin()])
    secure_truth.script("/cut", [send(answer), cut()])

    whole, cut_off = ask(secure_client, "/whole"), ask(secure_client, "/cut")

    assert (whole.failure, whole.body) == (None, b"some text")
    assert failure_of(cut_off) is FailureKind.TRUNCATED


def test_a_large_body_passes_both_ways(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script("/large", response(b"x" * 3_000_000))
    request = secure_client.prepare("POST", "/large", None, b"y" * 3_000_000)

    for _ in range(2):
        exchange = secure_client.exchange(request, sched_ns=now_ns(), timeout_s=10.0)
        assert exchange.failure is None
        assert exchange.body_bytes == 3_000_000

    assert [len(record["body"]) for record in secure_truth.records()] == [3_000_000] * 2
    assert secure_client.opened == 1


def test_an_answer_given_before_a_large_body_was_taken_is_the_answer(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    secure_truth.script("/refused", [send(response(b"too large", status=413)), delay(1.0), fin()], early=True)
    request = secure_client.prepare("POST", "/refused", None, b"x" * 30_000_000)

    exchange = secure_client.exchange(request, sched_ns=now_ns(), timeout_s=5.0)

    assert (exchange.status, exchange.body, exchange.failure) == (413, b"too large", None)
    assert secure_client._connection is None


def test_a_stream_works_over_tls(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script(
        "/stream",
        stream([b'event: token\ndata: {"text": "a"}\n\n', b"event: done\ndata: {}\n\n"], gap_s=0.01),
    )
    request = secure_client.prepare("POST", "/stream", None, b"{}")

    exchange = secure_client.stream(request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS))

    assert [event.kind.value for event in exchange] == ["text", "done"]
    assert exchange.exchange.failure is None
