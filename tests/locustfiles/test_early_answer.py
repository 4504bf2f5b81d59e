"""What comes before the request is sent to its end."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from analysis.failure import FailureKind
from analysis.target import Tls
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import failure_of
from tests.servers.script import head, response
from tests.servers.truth import CERTIFICATE

BODY = b"x" * 20_000_000
TRUSTING = Tls(ca_file=str(CERTIFICATE))
Serve = Callable[[socket.socket], None]


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    "early",
    [
        [head(100)],
        [head(103), head(102)],
        [response(b"fine")[:1]],
        [response(b"fine")[:20]],
        [response(b"fine")[:-1]],
    ],
    ids=["100", "103 and 102", "one byte", "half a head", "all but one byte"],
)
def test_a_request_is_sent_to_its_end_whatever_has_come(early: Sequence[bytes], secure: bool) -> None:
    """The service sends something before it reads, and its answer when it has read everything."""
    rest = response(b"fine") if early[0].startswith(b"HTTP/1.1 1") else response(b"fine")[len(early[0]) :]
    taken: list[int] = []

    def serve(peer: socket.socket) -> None:
        received = peer.recv(65_536)
        for piece in early:
            peer.sendall(piece)
        begin, _, body = received.partition(b"\r\n\r\n")
        length = int(begin.rpartition(b"Content-Length: ")[2])
        size = len(body)
        while size < length:
            size += len(peer.recv(1_000_000))
        taken.append(size)
        peer.sendall(rest)
        received = peer.recv(65_536)
        assert received.startswith(b"GET /again ")
        peer.sendall(response(b"again"))

    with _server(serve, secure) as client:
        exchange = client.exchange(client.prepare("POST", "/", None, BODY), sched_ns=now_ns(), timeout_s=10.0)
        again = client.exchange(client.prepare("GET", "/again"), sched_ns=now_ns(), timeout_s=10.0)

        assert (exchange.failure, exchange.body, taken) == (None, b"fine", [len(BODY)])
        assert (again.failure, again.body, client.opened) == (None, b"again", 1)


@pytest.mark.parametrize("secure", [False, True])
def test_a_service_that_hangs_up_after_an_interim_response_is_a_failure(secure: bool) -> None:
    def serve(peer: socket.socket) -> None:
        peer.recv(65_536)
        peer.sendall(head(100))

    with _server(serve, secure) as client:
        exchange = client.exchange(client.prepare("POST", "/", None, BODY), sched_ns=now_ns(), timeout_s=10.0)

    assert failure_of(exchange) in (FailureKind.RESET, FailureKind.TRUNCATED)


def test_a_service_that_takes_no_more_after_an_interim_response_ends_at_the_deadline() -> None:
    done = threading.Event()

    def serve(peer: socket.socket) -> None:
        peer.recv(65_536)
        peer.sendall(head(100))
        done.wait(10)

    with _server(serve, secure=False) as client:
        exchange = client.exchange(client.prepare("POST", "/", None, BODY), sched_ns=now_ns(), timeout_s=0.3)
        done.set()

    assert failure_of(exchange) is FailureKind.TIMEOUT
    assert "not taken within 0.3 s" in str(exchange.failure)


@contextmanager
def _server(serve: Serve, secure: bool) -> Iterator[WireClient]:
    """A thread that serves one connection, and a client of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            peer, _ = listener.accept()
            with closing(context.wrap_socket(peer, server_side=True) if secure else peer) as connected:
                connected.settimeout(10)
                serve(connected)

        thread = threading.Thread(target=accept)
        thread.start()
        port = listener.getsockname()[1]
        url = f"https://localhost:{port}" if secure else f"http://127.0.0.1:{port}"
        client = WireClient(url, tls=TRUSTING)
        try:
            yield client
        finally:
            client.close()
            thread.join(timeout=10)
