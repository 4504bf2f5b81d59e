"""The fastest server that still parses HTTP: answers every POST at once and counts them.

Run as `python -m scripts.bench.answering CORE [PEM]`; it prints its port. With a PEM file of certificate and
key it speaks TLS.
"""

import asyncio
import json
import os
import signal
import ssl
import sys
from collections.abc import Callable
from typing import Any

from httptools import HttpRequestParser

SEEN_PATH = b"/-/seen"
BODY = b'{"answer": "A ship carries as much as her line allows.", "sources": [], "cached": false}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)


class Answering(asyncio.Protocol):
    """One connection."""

    count = 0
    open = 0
    """Connections that have asked and are still there; those that only look at the counts are none."""
    opened = 0
    bodies: set[bytes] = set()  # noqa: RUF012 -- of the whole server, as the counts are
    """What the first request of each connection said."""
    ciphers: set[str] = set()  # noqa: RUF012 -- the same

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._write: Callable[[bytes], None] = transport.write
        self._parser = HttpRequestParser(self)
        self._complete = 0
        self._told: bytes | None = None
        self._has_asked = False

    def connection_lost(self, _: Exception | None) -> None:
        Answering.open -= self._has_asked

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        complete, self._complete = self._complete, 0
        told, self._told = self._told, None
        if told is not None:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        elif complete:
            Answering.count += complete
            self._write(ANSWER if complete == 1 else ANSWER * complete)
            if not self._has_asked:
                self._note()

    def on_url(self, url: bytes) -> None:
        self._told = json.dumps(_seen()).encode() if url == SEEN_PATH else None

    def on_body(self, body: bytes) -> None:
        if not self._has_asked:
            Answering.bodies.add(body)

    def on_message_complete(self) -> None:
        self._complete += 1

    def _note(self) -> None:
        self._has_asked = True
        Answering.open += 1
        Answering.opened += 1
        cipher = self._transport.get_extra_info("cipher")
        if cipher is not None:
            Answering.ciphers.add(cipher[0])


def _seen() -> dict[str, object]:
    return {
        "count": Answering.count,
        "open": Answering.open,
        "opened": Answering.opened,
        "bodies": sorted(body.decode("latin-1") for body in Answering.bodies),
        "ciphers": sorted(Answering.ciphers),
    }


async def _serve(protocol: type[Answering], context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(protocol: type[Answering] = Answering) -> None:
    """Serve until killed, on the core named by the first argument."""
    import uvloop

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started it
    core, *pem = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    context = None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem[0])
    uvloop.run(_serve(protocol, context))


if __name__ == "__main__":
    main()
