"""A server of short streams that makes a share of them fail, drawn with a seed, and counts what it did.

Run as `python -m tests.servers.failing_streams`; it prints its port. The path's last part names the dialect;
`/counts` tells by dialect how many streams it let be good and how many fail, by kind.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import uvloop

from analysis.endpoint import Dialect, stream_media_type
from analysis.failure import FailureKind
from locustfiles.load.descriptor_limit import raise_descriptor_limit
from tests.locustfiles.dialects.words import WORDS, Words
from tests.servers.script import LAST_CHUNK, chunk, head, response

OK = "ok"
HTML = response(b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"})
WORD_COUNT = 4


class Injection(NamedTuple):
    """One way to fail: what is written, how the connection ends after it, and what a client must call it."""

    kind: FailureKind
    answer: Callable[[Dialect, Words], bytes]
    end: str = "keep"


def opened(dialect: Dialect, media_type: str | None = None) -> bytes:
    wanted = media_type or stream_media_type(dialect, None) or ""
    return head(200, {"Content-Type": wanted, "Transfer-Encoding": "chunked"})


def whole(dialect: Dialect, *said: bytes, media_type: str | None = None) -> bytes:
    return opened(dialect, media_type) + b"".join(map(chunk, said)) + LAST_CHUNK


def begun(dialect: Dialect, words: Words) -> bytes:
    return opened(dialect) + chunk(words.text)


def good(dialect: Dialect, words: Words) -> bytes:
    return whole(dialect, *[words.text] * WORD_COUNT, words.end)


def as_json(dialect: Dialect, words: Words) -> bytes:
    return whole(dialect, words.text, words.end, media_type="application/json")


def senseless(dialect: Dialect) -> bytes:
    return b"{senseless}\n" if dialect is Dialect.OLLAMA else b"event: token\ndata: {senseless}\n\n"


INJECTIONS = (
    Injection(FailureKind.STREAM_ERROR, lambda dialect, words: whole(dialect, words.text, words.error_event)),
    Injection(FailureKind.STREAM_ERROR, lambda dialect, words: whole(dialect, words.error_data, words.end)),
    Injection(FailureKind.TRUNCATED, begun, "fin"),
    Injection(FailureKind.TRUNCATED, lambda dialect, words: good(dialect, words)[: -len(LAST_CHUNK)], "fin"),
    Injection(FailureKind.RESET, begun, "reset"),
    Injection(FailureKind.TIMEOUT, begun, "stall"),
    Injection(FailureKind.PROTOCOL, lambda dialect, words: begun(dialect, words) + b"no chunk", "fin"),
    Injection(FailureKind.PROTOCOL, lambda dialect, words: whole(dialect, senseless(dialect), words.end)),
    Injection(FailureKind.VALIDATION, lambda dialect, words: whole(dialect, words.text)),
    Injection(FailureKind.VALIDATION, lambda dialect, _: whole(dialect)),
    Injection(FailureKind.VALIDATION, lambda dialect, words: whole(dialect, words.empty, words.end)),
    Injection(FailureKind.VALIDATION, lambda dialect, words: whole(dialect, words.text, *[words.end] * 2)),
    Injection(FailureKind.VALIDATION, as_json),
    Injection(FailureKind.VALIDATION, lambda _dialect, _words: HTML),
    Injection(FailureKind.VALIDATION, lambda _dialect, _words: head(204)),
    Injection(FailureKind.HTTP_4XX, lambda _dialect, _words: response(b"{}", 429)),
    Injection(FailureKind.HTTP_5XX, lambda _dialect, _words: response(b"{}", 503)),
)


class Draws:
    """What becomes of each stream, and how often which."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._random = random.Random(seed)
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._good = {dialect: good(dialect, words) for dialect, words in WORDS.items()}

    def next(self, dialect: Dialect) -> tuple[bytes, str]:
        """The answer, and how the connection ends after it."""
        if self._random.random() >= self._share:
            self.counts[dialect][OK] += 1
            return self._good[dialect], "keep"
        injection = self._random.choice(INJECTIONS)
        self.counts[dialect][injection.kind] += 1
        return injection.answer(dialect, WORDS[dialect]), injection.end


class Connection(asyncio.Protocol):
    """Answers one request after the other."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._pending = b""
        self._transport: Any = None  # uvloop's own are of no class that asyncio knows

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while True:
            request, found, rest = self._pending.partition(b"\r\n\r\n")
            length = _content_length(request)
            if not found or len(rest) < length:
                return
            self._pending = rest[length:]
            self._answer(request.split(b" ", 2)[1].decode())

    def _answer(self, path: str) -> None:
        transport = self._transport
        if path == "/counts":
            transport.write(response(json.dumps(self._draws.counts).encode()))
            return
        answer, end = self._draws.next(Dialect(path.rpartition("/")[2]))
        transport.write(answer)
        if end == "reset":
            connected = transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        elif end == "fin":
            transport.close()


def _content_length(request: bytes) -> int:
    for line in request.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _main(share: float, seed: int) -> None:
    draws = Draws(share, seed)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(draws), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


Counts = Mapping[str, Mapping[str, int]]

if __name__ == "__main__":
    raise_descriptor_limit()
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    uvloop.run(_main(options.share, options.seed))
