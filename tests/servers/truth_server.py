"""An HTTP server that does exactly what it is told, byte by byte, and logs when it did it.

Run as `python -m tests.servers.truth_server`; it prints its port. Tests talk to it through
`tests.servers.truth`. Paths below `/-/` are its controls; every other path runs the script put for it.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import struct
import time
from collections import Counter, deque
from typing import Any, Protocol

READ_BYTES = 65_536
RECORDS_KEPT = 200_000
CONTROL = "/-/"
NOT_SCRIPTED: dict[str, Any] = {
    "rounds": [[("send", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]],
}


class Peer(Protocol):
    """A connected client."""

    async def receive(self) -> bytes:
        """The next bytes; b"" at the end."""

    async def send(self, data: bytes) -> None:
        """Hand all bytes to the kernel before returning."""

    def close(self, *, reset: bool) -> None:
        """Close by RST or FIN."""


class PlainPeer:
    """Writes by itself: a transport would keep the bytes until the loop comes round."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()

    async def receive(self) -> bytes:
        return await self._loop.sock_recv(self._socket, READ_BYTES)

    async def send(self, data: bytes) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            await self._loop.sock_sendall(self._socket, data[sent:])

    def close(self, *, reset: bool) -> None:
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


class TlsPeer:
    """The same over TLS, for what needs no exact write times."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> bytes:
        return await self._reader.read(READ_BYTES)

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self, *, reset: bool) -> None:
        if reset:
            self._writer.transport.abort()
        else:
            self._writer.close()


class TruthServer:
    """Scripts by path, and a record of each request and write."""

    def __init__(self) -> None:
        self.scripts: dict[str, dict[str, Any]] = {}
        self.records: deque[dict[str, Any]] = deque(maxlen=RECORDS_KEPT)
        self.requests: Counter[str] = Counter()
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept_from(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connected, _ = await loop.sock_accept(listener)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self.serve(PlainPeer(connected)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def serve(self, peer: Peer) -> None:
        """One connection, until it ends."""
        self.connections += 1
        number = self.connections
        pending = b""
        with contextlib.suppress(OSError):
            while True:
                head, found, pending = pending.partition(b"\r\n\r\n")
                while not found:
                    data = await peer.receive()
                    if not data:
                        peer.close(reset=False)
                        return
                    head, found, pending = (head + data).partition(b"\r\n\r\n")
                request = head.decode("latin-1")
                method, path, _ = request.split("\r\n", 1)[0].split(" ", 2)
                script = self.scripts.get(path, NOT_SCRIPTED)
                received_ns = time.time_ns()
                length = _content_length(request)
                while len(pending) < length and not script.get("early"):
                    data = await peer.receive()
                    if not data:
                        peer.close(reset=False)
                        return
                    pending += data
                body, pending = pending[:length], pending[length:]
                if path.startswith(CONTROL):
                    await peer.send(self._control(path, body))
                    continue
                self.requests[path] += 1
                record: dict[str, Any] = {
                    "path": path,
                    "method": method,
                    "head": request,
                    "body": body.decode("latin-1"),
                    "connection": number,
                    "received_ns": received_ns,
                    "writes": [],
                }
                self.records.append(record)
                rounds = script["rounds"]
                steps = rounds[(self.requests[path] - 1) % len(rounds)]
                if not await self._run(peer, steps, record["writes"]):
                    return
        peer.close(reset=False)

    async def _run(self, peer: Peer, steps: list[tuple[str, Any]], writes: list[list[int]]) -> bool:
        """False when the connection is over."""
        for name, value in steps:
            if name == "send":
                data = value.encode("latin-1")
                before_ns = time.time_ns()
                await peer.send(data)
                writes.append([before_ns, time.time_ns(), len(data)])
            elif name == "delay":
                await asyncio.sleep(value)
            elif name == "stall":
                while await peer.receive():
                    pass
                peer.close(reset=False)
                return False
            else:
                peer.close(reset=name == "reset")
                return False
        return True

    def _control(self, path: str, body: bytes) -> bytes:
        answer: Any = None
        if path == f"{CONTROL}script":
            order = json.loads(body)
            self.scripts[order["path"]] = order
        elif path == f"{CONTROL}clear":
            self.records.clear()
            self.requests.clear()
        elif path == f"{CONTROL}records":
            answer = list(self.records)
        elif path == f"{CONTROL}counts":
            answer = {"requests": dict(self.requests), "connections": self.connections}
        content = json.dumps(answer).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


def _content_length(head: str) -> int:
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


async def _main(port: int, certificate: str | None) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    server = TruthServer()
    print(listener.getsockname()[1], flush=True)
    if certificate is None:
        await server.accept_from(listener)
        return
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.serve(TlsPeer(reader, writer))

    await (await asyncio.start_server(serve, sock=listener, ssl=context)).serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", help="PEM file with certificate and key: serve TLS")
    arguments = parser.parse_args()
    try:
        import uvloop
    except ModuleNotFoundError:
        run = asyncio.run
    else:
        run = uvloop.run
    with contextlib.suppress(KeyboardInterrupt):
        run(_main(arguments.port, arguments.certificate))


if __name__ == "__main__":
    main()
