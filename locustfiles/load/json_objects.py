"""Finds JSON objects in a stream of bytes that ends no line and no message between them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from locustfiles.load.framing import MAX_EVENT_BYTES, UNNAMED, Message, too_long


class Surroundings(NamedTuple):
    """What stands around the objects of a stream."""

    between: re.Pattern[bytes]
    """As much of it as may be forgotten; matches nothing as well."""
    opening: re.Pattern[bytes]
    """What comes directly before an object, and its brace."""
    begun: re.Pattern[bytes]
    """A beginning of either, cut off; or nothing."""


PLAIN = Surroundings(
    re.compile(rb"(?:[\s,\[\]\x1e]|\xef\xbb\xbf)*+"), re.compile(rb"\{"), re.compile(rb"(?:\xef\xbb?)?")
)
"""White space, the marks of an array, RFC 7464's record separator, a BOM."""

IN_STRING = re.compile(rb'["\\]')
OUTSIDE = re.compile(rb'["{}]')


class JsonObjects:
    """Follows each object from its brace to the one that closes it; every byte is looked at once."""

    __slots__ = (
        "_buffer",
        "_depth",
        "_in_string",
        "_inside",
        "_max_bytes",
        "_position",
        "_start",
        "_surroundings",
        "fault",
        "is_cut",
    )

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES, surroundings: Surroundings = PLAIN) -> None:
        self.fault: str | None = None
        self.is_cut = False
        self._surroundings = surroundings
        self._max_bytes = max_event_bytes
        self._buffer = bytearray()
        self._start = 0  # of what has not been handed over yet
        self._position = 0  # how far the object that starts there has been followed
        self._depth = 0
        self._in_string = False
        self._inside = False

    def feed(self, data: bytes) -> list[Message]:
        """The objects that these bytes complete."""
        messages: list[Message] = []
        if self.fault is not None:
            return messages
        self._buffer += data
        while self._inside or self._opens():
            end = self._object_end()
            if end is None:
                break
            messages.append((UNNAMED, self._buffer[self._start : end].decode("utf-8", "replace"), ""))
            self._start = end
            self._inside = False
        if self._start:
            del self._buffer[: self._start]
            self._position -= self._start
            self._start = 0
        if len(self._buffer) > self._max_bytes:
            self.fault = too_long(self._max_bytes)
        if self.fault is not None:
            self._buffer.clear()
        return messages

    def close(self) -> Sequence[Message]:
        """An object without its end is dropped."""
        self.is_cut = self._inside
        self._buffer.clear()
        return ()

    def _opens(self) -> bool:
        """Move to the start of the next object; False while what comes before it is not complete."""
        between, opening, begun = self._surroundings
        buffer = self._buffer
        skipped = between.match(buffer, self._start)
        if skipped is not None:
            self._start = skipped.end()
        opened = opening.match(buffer, self._start)
        if opened is not None:
            self._start = self._position = opened.end() - 1
            self._inside = True
            self._depth = 0
            self._in_string = False
            return True
        if begun.fullmatch(buffer, self._start) is None:
            self.fault = "neither an event nor a separator where the next event begins"
        return False

    def _object_end(self) -> int | None:
        """Where the object ends, or None when it goes on beyond the buffer."""
        buffer, position = self._buffer, self._position
        while True:
            found = (IN_STRING if self._in_string else OUTSIDE).search(buffer, position)
            if found is None:
                self._position = max(position, len(buffer))
                return None
            position = found.end()
            mark = found.group()
            if mark == b"\\":
                position += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            elif mark == b"{":
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    return position
