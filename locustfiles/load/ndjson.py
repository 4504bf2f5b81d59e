"""Decoder of newline-delimited JSON: one document a line."""

from collections.abc import Sequence
from itertools import repeat

from locustfiles.load.framing import MAX_EVENT_BYTES, UNNAMED, Message, too_long
from locustfiles.load.stream_end import json_object

BOM = b"\xef\xbb\xbf"
WHITE_SPACE = " \t\r"


class NdjsonDecoder:
    """Takes bytes as they come, cut anywhere. Only LF ends a line; empty lines are none.

    The last line may lack its LF, since a document shows by itself whether it is whole.
    """

    __slots__ = ("_max_bytes", "_rest", "_rest_bytes", "_started", "fault", "is_cut")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.fault: str | None = None
        self.is_cut = False
        self._max_bytes = max_event_bytes
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        self._started = False

    def feed(self, data: bytes) -> list[Message]:
        """The lines that these bytes complete."""
        end = data.rfind(b"\n")
        if end < 0:
            self._keep(data)
            return []
        lines = data[:end]
        if self._rest:
            lines = b"".join((*self._rest, lines))
            self._rest.clear()
            self._rest_bytes = 0
        if end + 1 < len(data):
            self._keep(data[end + 1 :])
        return self._messages(lines)

    def close(self) -> Sequence[Message]:
        """The last line, if it lacks its end and is whole all the same."""
        rest = self._messages(b"".join(self._rest))
        self._rest.clear()
        self.is_cut = bool(rest) and json_object(rest[0][1]) is None
        return () if self.is_cut else rest

    def _messages(self, lines: bytes) -> list[Message]:
        if not self._started:
            self._started = True
            lines = lines.removeprefix(BOM)
        if self.fault is not None:
            return []
        text = lines.decode("utf-8", "replace")
        found = [line for line in text.split("\n") if line and line.strip(WHITE_SPACE)]
        return list(zip(repeat(UNNAMED), found, repeat(""), strict=False))

    def _keep(self, data: bytes) -> None:
        if self.fault is not None:
            return
        self._rest.append(data)
        self._rest_bytes += len(data)
        if self._rest_bytes > self._max_bytes:
            self.fault = too_long(self._max_bytes)
            self._rest.clear()
