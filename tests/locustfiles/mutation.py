"""Responses made wrong at random, from those of the conformance suite."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.locustfiles.conformance.table import CASES
from tests.servers.script import LAST_CHUNK, STREAM_HEAD, chunk, head

LONGEST = 2000
EVENTS = (
    b'event: token\ndata: {"text": "word "}\n\n',
    b"event: done\ndata: {}\n\n",
    b'data: {"choices": [{"index": 0, "delta": {"content": "word "}}]}\n\n',
    b"data: [DONE]\n\n",
    b'data: {"type": "token", "content": "word"}\\n\\n',
    b'event: error\ndata: {"code": "x"}\n\n',
    b": comment\nid: 1\nretry: 5\r\ndata: \xff\r\r",
)
STREAMS = (
    STREAM_HEAD + b"".join(chunk(event) for event in EVENTS) + LAST_CHUNK,
    STREAM_HEAD + b"".join(chunk(event) for event in EVENTS[:2]) + LAST_CHUNK,
    STREAM_HEAD + b"".join(chunk(event) for event in EVENTS[2:4]) + LAST_CHUNK,
    head(200, {"Content-Type": "text/event-stream"}) + b"".join(EVENTS),
)
SEEDS = [case.data + case.surplus for case in CASES if len(case.data) <= LONGEST]
WORDS = (
    b"\r\n",
    b"\r\n\r\n",
    b"\r",
    b"\n",
    b"\n\n",
    b"\r\n ",
    b"\0",
    b":",
    b";",
    b",",
    b" ",
    b"\t",
    b"\xff",
    b"\x1f\x8b",
    b"0",
    b"1",
    b"-1",
    b"+1",
    b"0\r\n\r\n",
    b"1\r\na\r\n",
    b"FFFFFFFFFFFFFFFF",
    b"18446744073709551616",
    b"9" * 20,
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No\r\n\r\n",
    b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"X: y\r\n z\r\n",
    b"data: ",
    b"event: ",
    b"[DONE]",
    b"{}",
    b"\xef\xbb\xbf",
    b"\xc3",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """What a service sends, and what it had been asked."""

    data: bytes
    pieces: Sequence[bytes]
    ends: bool
    error: type[OSError]
    method: str
    accept_encoding: str
    max_body_bytes: int


def mutant(chance: random.Random, seeds: Sequence[bytes] = SEEDS) -> Mutant:
    data = chance.choice(seeds)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5, 9))):
        data = chance.choice(MUTATIONS)(chance, data, seeds)[: 2 * LONGEST]
    return Mutant(
        data=data,
        pieces=cut(chance, data),
        ends=chance.random() < 0.5,
        error=chance.choice((TimeoutError, ConnectionResetError)),
        method=chance.choice(("GET", "GET", "GET", "POST", "HEAD")),
        accept_encoding=chance.choice(("identity", "identity", "gzip", "gzip, deflate")),
        max_body_bytes=chance.choice((0, 1, 3, 1000, 1000, 1000, 100_000)),
    )


def cut(chance: random.Random, data: bytes) -> Sequence[bytes]:
    """Whole, bytewise or somewhere."""
    match chance.randrange(4):
        case 0:
            return [data] if data else []
        case 1:
            return [data[at : at + 1] for at in range(len(data))]
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(1, 6)))
    pieces = [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]


def _flip(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _insert(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + chance.choice(WORDS) + data[at:]


def _replace(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + chance.choice(WORDS) + data[at + chance.randrange(1, 8) :]


def _delete(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + data[at + chance.randrange(1, 8) :]


def _repeat(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    begin = _place(chance, data)
    end = begin + chance.randrange(1, 40)
    return data[:end] + data[begin:end] * chance.randrange(1, 4) + data[end:]


def _truncate(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(chance, data)]


def _splice(chance: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: _place(chance, data)] + other[_place(chance, other) :]


def _line(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A field more, after the status line."""
    at = data.find(b"\r\n") + 2
    return data[:at] + chance.choice(WORDS) + data[at:]


def _place(chance: random.Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


MUTATIONS: Sequence[Callable[[random.Random, bytes, Sequence[bytes]], bytes]] = (
    _flip,
    _insert,
    _replace,
    _delete,
    _repeat,
    _truncate,
    _splice,
    _line,
)
