"""A client connected to the truth server: its socket, with TLS and without."""

import socket
import ssl
import time
from typing import Protocol

from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, stamp_of

READ_BYTES = 65_536


class Peer(Protocol):
    """Reads when there is something to read; writes at once or not at all."""

    def receive(self) -> tuple[bytes, int]:
        """What came and when the kernel had it; raises OSError at the end of the connection."""

    def send(self, data: bytes) -> int:
        """Returns the moment before the kernel got it; raises OSError when it does not take all of it."""

    def send_all(self, data: bytes) -> None:
        """However long that takes."""

    def close(self) -> None:
        """Forget the client."""


class PlainPeer:
    """Without TLS."""

    __slots__ = ("_connected", "_receive", "_send")

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connected = connected
        self._receive = connected.recvmsg
        self._send = connected.send

    def receive(self) -> tuple[bytes, int]:
        data, ancillary, _, _ = self._receive(READ_BYTES, ANCILLARY_BYTES)
        if not data:
            raise ConnectionError
        stamp_ns = stamp_of(ancillary)
        return data, time.time_ns() if stamp_ns is None else stamp_ns

    def send(self, data: bytes) -> int:
        before_ns = time.time_ns()
        if self._send(data) < len(data):
            raise ConnectionError
        return before_ns

    def send_all(self, data: bytes) -> None:
        self._connected.setblocking(True)
        try:
            self._connected.sendall(data)
        finally:
            self._connected.setblocking(False)

    def close(self) -> None:
        self._connected.close()


class TlsPeer:
    """The same over TLS; the handshake is part of reading."""

    __slots__ = ("_below", "_incoming", "_is_met", "_outgoing", "_tls")

    def __init__(self, below: PlainPeer, context: ssl.SSLContext) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_met = False

    def receive(self) -> tuple[bytes, int]:
        arrived, stamp_ns = self._below.receive()
        self._incoming.write(arrived)
        data = b""
        try:
            if not self._is_met:
                self._tls.do_handshake()
                self._is_met = True
            while piece := self._tls.read(READ_BYTES):
                data += piece
            self._flush()
            raise ConnectionError
        except ssl.SSLWantReadError:
            self._flush()
        return data, stamp_ns

    def send(self, data: bytes) -> int:
        self._tls.write(data)
        return self._below.send(self._outgoing.read())

    def send_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
            self._below.send_all(self._outgoing.read())

    def close(self) -> None:
        self._below.close()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._below.send(self._outgoing.read())


def open_listener() -> socket.socket:
    """On a free port of the loopback address; what it accepts is stamped by the kernel where that works."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return listener
