"""A client connected to the truth server, with TLS and without."""

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import Protocol

READ_BYTES = 65_536


class Peer(Protocol):
    """A connected client."""

    async def receive(self) -> bytes:
        """The next bytes; b"" at the end."""

    async def send(self, data: bytes, gap_s: float = 0.0) -> None:
        """Hand all bytes to the kernel before returning; with a gap in two halves, this long apart."""

    def close(self, how: str = "fin") -> None:
        """Close as the step of that name says."""


class PlainPeer:
    """Writes by itself: a transport would keep the bytes until the loop comes round."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()

    async def receive(self) -> bytes:
        return await self._loop.sock_recv(self._socket, READ_BYTES)

    async def send(self, data: bytes, gap_s: float = 0.0) -> None:
        if gap_s:
            half = len(data) // 2
            await self.send(data[:half])
            await asyncio.sleep(gap_s)
            data = data[half:]
        sent = self.push(data)
        if sent < len(data):
            await self._loop.sock_sendall(self._socket, data[sent:])

    def push(self, data: bytes) -> int:
        """As many of the bytes as the kernel takes at once."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def close(self, how: str = "fin") -> None:
        if how == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


class TlsPeer:
    """The same over TLS, one record for each send of up to 16 KiB."""

    def __init__(self, below: PlainPeer, context: ssl.SSLContext) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def shake_hands(self) -> None:
        """Raises OSError when that fails."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._below.send(self._outgoing.read())
                arrived = await self._below.receive()
                if not arrived:
                    raise ConnectionError from None
                self._incoming.write(arrived)
            except ssl.SSLError:
                await self._below.send(self._outgoing.read())
                raise
            else:
                await self._below.send(self._outgoing.read())
                return

    async def receive(self) -> bytes:
        while True:
            try:
                return self._tls.read(READ_BYTES)
            except ssl.SSLWantReadError:
                arrived = await self._below.receive()
                if not arrived:
                    return b""
                self._incoming.write(arrived)

    async def send(self, data: bytes, gap_s: float = 0.0) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        await self._below.send(self._outgoing.read(), gap_s)

    def close(self, how: str = "fin") -> None:
        if how == "fin":
            with contextlib.suppress(OSError):
                self._tls.unwrap()
            with contextlib.suppress(OSError):
                self._below.push(self._outgoing.read())
        self._below.close(how)
