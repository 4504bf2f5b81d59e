"""Answers every POST a fixed time after it came, and logs when it came and when the answer was written.

Run as `python -m scripts.truth.server DELAY_MS [--core N] [--tls]`; it prints its port and serves until its
standard input ends, so that it never outlives who started it. Nothing but the standard library and one
thread: what it does late stands in its log.
"""

import argparse
import gc
import os
import select
import signal
import socket
import ssl
import sys
import time
from array import array
from collections import deque
from pathlib import Path

from locustfiles.load.stamp import kernel_stamps_work
from scripts.truth.peer import Peer, PlainPeer, TlsPeer, open_listener

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""For 127.0.0.1 alone, with its key: it protects nothing, and is its own authority."""
CONTROL = b"GET /-/"
LOG_PATH = "/-/log"
CLEAR_PATH = "/-/clear"
BODY = b'{"answer": "A ship carries as much as her line allows.", "sources": [], "cached": false}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: truth\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)
HEADS_KEPT = 64
TURN = 64
"""Connections read before it is looked again whether an answer is due."""


class Connection:
    """One client, and what it sent that is no whole request yet."""

    __slots__ = ("is_open", "peer", "pending")

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.pending = b""
        self.is_open = True


class TruthServer:
    """One thread, one loop. All answers have the same delay, so that they are due in the order of asking."""

    def __init__(self, listener: socket.socket, delay_ns: int, context: ssl.SSLContext | None) -> None:
        self._listener = listener
        self._delay_ns = delay_ns
        self._context = context
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._due: deque[tuple[int, Connection]] = deque()
        self._lengths: dict[bytes, int] = {}
        self._came_ns, self._answered_ns = array("q"), array("q")

    def serve(self, until: int) -> None:
        """Until this descriptor has something to say, or its other end is closed."""
        epoll, connections, listening = self._epoll, self._connections, self._listener.fileno()
        epoll.register(listening, select.EPOLLIN)
        epoll.register(until, select.EPOLLIN)
        while True:
            self._wait()
            for number, _ in epoll.poll(0, TURN):
                if number == until:
                    return
                if number == listening:
                    self._accept()
                else:
                    self._read(number, connections[number])
            self._answer_due()

    def _wait(self) -> None:
        """epoll counts in milliseconds; select is more accurate, and can wait for an epoll."""
        timeout_s = None
        if self._due:
            timeout_s = max(0.0, (self._due[0][0] + self._delay_ns - time.time_ns()) / 1e9)
        select.select([self._epoll], (), (), timeout_s)

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except BlockingIOError:
                return
            plain = PlainPeer(connected)
            peer: Peer = plain if self._context is None else TlsPeer(plain, self._context)
            number = connected.fileno()
            self._connections[number] = Connection(peer)
            self._epoll.register(number, select.EPOLLIN)

    def _read(self, number: int, connection: Connection) -> None:
        try:
            data, came_ns = connection.peer.receive()
            self._take(connection, connection.pending + data, came_ns)
        except BlockingIOError:
            return
        except OSError:
            self._drop(number, connection)

    def _take(self, connection: Connection, data: bytes, came_ns: int) -> None:
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            head = data[:end]
            length = self._lengths.get(head)
            if length is None:
                if len(self._lengths) >= HEADS_KEPT:
                    self._lengths.clear()
                length = self._lengths[head] = content_length(head)
            if len(data) < end + length:
                break
            data = data[end + length :]
            if head.startswith(CONTROL):
                self._tell(connection, head)
            else:
                self._due.append((came_ns, connection))
        connection.pending = data

    def _answer_due(self) -> None:
        due, delay_ns = self._due, self._delay_ns
        while due and due[0][0] + delay_ns <= time.time_ns():
            came_ns, connection = due.popleft()
            if connection.is_open:
                try:
                    self._answered_ns.append(connection.peer.send(ANSWER))
                except OSError:
                    continue  # gone; the loop reads its end
                self._came_ns.append(came_ns)

    def _tell(self, connection: Connection, head: bytes) -> None:
        content = b""
        if head.startswith(b"GET " + LOG_PATH.encode()):
            content = self._came_ns.tobytes() + self._answered_ns.tobytes()
        else:
            self._came_ns, self._answered_ns = array("q"), array("q")
        connection.peer.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    def _drop(self, number: int, connection: Connection) -> None:
        connection.is_open = False
        self._epoll.unregister(number)
        del self._connections[number]
        connection.peer.close()


def content_length(head: bytes) -> int:
    """0 where none is given."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.truth.server", description=__doc__)
    parser.add_argument("delay_ms", type=float)
    parser.add_argument("--core", type=int, help="run on this core alone")
    parser.add_argument("--tls", action="store_true", help="with the certificate beside this file")
    arguments = parser.parse_args()
    if arguments.core is not None:
        os.sched_setaffinity(0, {arguments.core})
    context = None
    if arguments.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started it
    kernel_stamps_work()  # leaves behind what keeps the kernel stamping
    listener = open_listener()
    print(listener.getsockname()[1], flush=True)
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here refers to itself, and a collection would be a late answer
    TruthServer(listener, round(arguments.delay_ms * 1e6), context).serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
