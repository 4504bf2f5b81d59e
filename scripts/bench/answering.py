"""The fastest server that still parses HTTP: answers every POST at once and counts them.

Run as `python -m scripts.bench.answering CORE`; it prints its port.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

from httptools import HttpRequestParser

COUNT_PATH = b"/-/count"
BODY = b'{"answer": "A ship carries as much as her line allows.", "sources": [], "cached": false}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)


class Answering(asyncio.Protocol):
    """One connection."""

    count = 0

    def connection_made(self, transport: Any) -> None:
        self._write: Callable[[bytes], None] = transport.write
        self._parser = HttpRequestParser(self)
        self._complete = 0
        self._told: bytes | None = None

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        complete, self._complete = self._complete, 0
        told, self._told = self._told, None
        if told is not None:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        elif complete:
            Answering.count += complete
            self._write(ANSWER if complete == 1 else ANSWER * complete)

    def on_url(self, url: bytes) -> None:
        self._told = b"%d" % Answering.count if url == COUNT_PATH else None

    def on_message_complete(self) -> None:
        self._complete += 1


async def _serve(protocol: type[Answering]) -> None:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(protocol: type[Answering] = Answering) -> None:
    """Serve until killed, on the core named by the first argument."""
    import uvloop

    os.sched_setaffinity(0, {int(sys.argv[1])})
    uvloop.run(_serve(protocol))


if __name__ == "__main__":
    main()
