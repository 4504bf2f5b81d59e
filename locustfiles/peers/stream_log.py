"""What one side of a benchmark knows of each stream: when it was asked for, and when each text event came."""

import os
import re
from array import array
from collections.abc import Iterator
from typing import NamedTuple

OUTPUT = "PLIMSOLL_BENCH_STAMPS"
"""Environment variable with the file that a client appends its rows to."""
AS_TEXT = "PLIMSOLL_BENCH_AS_TEXT"
"""Environment variable that, when set, has our client take the data of events for text, without decoding."""
GO_PATH = b"/-/go"
NUMBERS = re.compile(r"(\d{9})\.\d{6} ")
TEXT = "%09d.%06d "
"""The text of an event: its stream, and its place among the stream's text events."""


class StreamRow(NamedTuple):
    """One stream. Stamps are ns on CLOCK_REALTIME."""

    stream: int
    asked_ns: int
    """Of the server: when the request came."""
    done_ns: int
    stamps_ns: "array[int]"
    """One for each text event."""


class StreamLog:
    """Appends rows to a file, each with one write, so that a killed client has written whole rows."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add(self, first: str | bytes, asked_ns: int, done_ns: int, stamps_ns: "array[int]") -> None:
        """`first` holds the text of the stream's first event, which names the stream."""
        os.write(self._file, packed(stream_of(first), asked_ns, done_ns, stamps_ns))


def stream_of(text: str | bytes) -> int:
    """The stream that a text event says it is of; raises ValueError when there is none."""
    found = NUMBERS.search(text if isinstance(text, str) else text.decode())
    if found is None:
        raise ValueError("no text event of the benchmark's server")
    return int(found[1])


def packed(stream: int, asked_ns: int, done_ns: int, stamps_ns: "array[int]") -> bytes:
    """A row as bytes; rows may follow one another."""
    return array("q", (stream, asked_ns, done_ns, len(stamps_ns))).tobytes() + stamps_ns.tobytes()


def rows(data: bytes) -> Iterator[StreamRow]:
    """The rows in these bytes, of which the last may be cut."""
    values = array("q", data[: len(data) // 8 * 8])
    at = 0
    while at + 4 <= len(values) and at + 4 + values[at + 3] <= len(values):
        stream, asked_ns, done_ns, count = values[at : at + 4]
        at += 4 + count
        yield StreamRow(stream, asked_ns, done_ns, values[at - count : at])
