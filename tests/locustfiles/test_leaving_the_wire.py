"""How a connection ends whose user left its stream early, as the service sees it."""

import gevent
import pytest
from gevent import socket

from analysis.endpoint import Dialect
from locustfiles.load.dialect import decoder_for
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.many_streams import token
from tests.servers.script import STREAM_HEAD, chunk


def leave(port: int, *, resets: bool) -> None:
    """After the first read of the stream."""
    client = WireClient(f"http://127.0.0.1:{port}")
    client.resets = resets
    request = client.prepare("POST", "/stream", None, b"{}")
    decoder = decoder_for(Dialect.RAG_EVENTS)
    stream = client.stream(request, sched_ns=now_ns(), decoder=decoder, timeout_s=10)
    next(iter(stream.reads()))
    client.close()


def end_of(connection: socket.socket) -> str:
    try:
        return "fin" if connection.recv(1) == b"" else "data"
    except ConnectionResetError:
        return "rst"


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_who_leaves_closes_the_connection_or_cuts_it(how: str) -> None:
    with gevent.Timeout(10), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        leaving = gevent.spawn(leave, listener.getsockname()[1], resets=how == "rst")
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(STREAM_HEAD + chunk(token("a ")))
            leaving.get()

            assert end_of(connection) == how
