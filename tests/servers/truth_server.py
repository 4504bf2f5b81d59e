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
import time
from collections import Counter, deque
from typing import Any

from locustfiles.load.descriptor_limit import raise_descriptor_limit
from tests.servers.frames import CLOSE, agreement, first_frame
from tests.servers.peer import Peer, PlainPeer, TlsPeer

RECORDS_KEPT = 200_000
CONTROL = "/-/"
NOT_SCRIPTED: dict[str, Any] = {
    "rounds": [[("send", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]],
}


class TruthServer:
    """Scripts by path, and a record of each request and write."""

    def __init__(self) -> None:
        self.scripts: dict[str, dict[str, Any]] = {}
        self.records: deque[dict[str, Any]] = deque(maxlen=RECORDS_KEPT)
        self.requests: Counter[str] = Counter()
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept_from(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """With a context the connections speak TLS."""
        loop = asyncio.get_running_loop()
        while True:
            connected, _ = await loop.sock_accept(listener)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self._meet(PlainPeer(connected), context))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _meet(self, connected: PlainPeer, context: ssl.SSLContext | None) -> None:
        if context is None:
            await self.serve(connected)
            return
        peer = TlsPeer(connected, context)
        try:
            await peer.shake_hands()
        except OSError:
            connected.close()
            return
        await self.serve(peer)

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
                        peer.close()
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
                        peer.close()
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
                if not await self._run(peer, steps, record):
                    return
        peer.close()

    async def _run(self, peer: Peer, steps: list[tuple[str, Any]], record: dict[str, Any]) -> bool:
        """False when the connection is over."""
        writes: list[list[int]] = record["writes"]
        hearing = Hearing(peer, record)
        gap_s = 0.0
        for name, value in steps:
            if name == "halve":
                gap_s = value
            elif name == "send":
                data = value.encode("latin-1")
                before_ns = time.time_ns()
                await peer.send(data, gap_s)
                writes.append([before_ns, time.time_ns(), len(data)])
            elif name == "upgrade":
                await peer.send(agreement(record["head"], value))
            elif name == "hear":
                await hearing.message()
            elif name == "delay":
                await asyncio.sleep(value)
            elif name == "stall":
                while await peer.receive():
                    pass
                peer.close()
                return False
            else:
                peer.close(name)
                return False
        if steps and steps[0][0] == "upgrade":
            await hearing.all()
            peer.close()
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


class Hearing:
    """The frames that a client sends after the handshake, each kept with the time it came."""

    def __init__(self, peer: Peer, record: dict[str, Any]) -> None:
        self._peer = peer
        self._record = record
        self._pending = b""

    async def message(self) -> None:
        """One that is no control frame; raises ConnectionError when the client leaves before."""
        while await self._frame() >= CLOSE:
            pass

    async def all(self) -> None:
        """Until the client leaves."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self._frame()

    async def _frame(self) -> int:
        while (found := first_frame(self._pending)) is None:
            data = await self._peer.receive()
            if not data:
                self._record["left_ns"] = time.time_ns()
                raise ConnectionError
            self._pending += data
        opcode, payload, self._pending = found
        self._record.setdefault("frames", []).append([time.time_ns(), opcode, payload.decode("latin-1")])
        return opcode


def _content_length(head: str) -> int:
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


async def _main(host: str, port: int, certificate: str | None, client_ca: str | None) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=4096)
    listener.setblocking(False)
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    print(listener.getsockname()[1], flush=True)
    await TruthServer().accept_from(listener, context)


def main() -> None:
    """Serve until killed."""
    raise_descriptor_limit()
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", help="PEM file with certificate and key: serve TLS")
    parser.add_argument("--client-ca", help="PEM file: require a client certificate that it vouches for")
    arguments = parser.parse_args()
    try:
        import uvloop
    except ModuleNotFoundError:
        run = asyncio.run
    else:
        run = uvloop.run
    with contextlib.suppress(KeyboardInterrupt):
        run(_main(arguments.host, arguments.port, arguments.certificate, arguments.client_ca))


if __name__ == "__main__":
    main()
