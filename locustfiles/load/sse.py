"""Decoder of server-sent events, as the WHATWG HTML standard (section 9.2.6) says."""

from collections.abc import Sequence
from itertools import repeat

from locustfiles.load.framing import MAX_EVENT_BYTES, UNNAMED, Message, too_long

BOM = b"\xef\xbb\xbf"
LF = 10
RETRY_DIGITS = 18
"""More than any time to wait has; a number of thousands of digits is no number to the interpreter."""


class SseDecoder:
    """Takes bytes as they come, cut anywhere, and never waits longer for an event than it must.

    Lines are found in bytes, or in text that was decoded up to a line end: the three line ends are ASCII, so
    lines are complete characters whatever the cuts, and U+2028 ends none.
    """

    __slots__ = (
        "_data", "_data_bytes", "_event", "_head", "_id", "_inside", "_max_bytes", "_rest", "_rest_bytes",
        "_skip_lf", "fault", "is_cut", "last_id", "retry_ms",
    )  # fmt: skip

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES, last_id: str = "") -> None:
        """Neither a line nor an event that waits for its end may be longer: then all is dropped.

        `last_id` is that of the stream which this one takes up; it holds until an `id` takes its place.
        """
        self.retry_ms: int | None = None
        """The reconnection time that the stream asked for last."""
        self.last_id = last_id
        """The id to ask for in `Last-Event-ID`: of the last block that was whole."""
        self.fault: str | None = None
        self.is_cut = False
        self._max_bytes = max_event_bytes
        self._head: bytes | None = b""  # the first bytes, until they cannot be a BOM any more
        self._inside = True
        """False when the next byte is the first of a block and nothing is kept from before it."""
        self._rest: list[bytes] = []
        self._rest_bytes = 0
        self._skip_lf = False
        self._event = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self._id = last_id

    def feed(self, data: bytes) -> list[Message]:
        """The events that these bytes complete."""
        if self._inside:
            return self._going_on(data)
        if (
            data[:6] == b"data: "
            and data.find(b"\n") == len(data) - 2
            and data[-1] == LF
            and b"\r" not in data
        ):
            # By far the most frequent read: one event of one line.
            return [(UNNAMED, data[6:-2].decode("utf-8", "replace"), self._id)]
        end = -1 if b"\r" in data else data.rfind(b"\n\n")
        if end < 0:
            return self._lines(data)
        # Everything up to the last blank line is whole blocks.
        events = self._blocks(data[:end].decode("utf-8", "replace"))
        rest = data[end + 2 :]
        return events + self._lines(rest) if rest else events

    def close(self) -> Sequence[Message]:
        """The end of the stream: a block without its blank line is dropped."""
        is_begun = bool(self._rest) and not self._rest[0].startswith(b":")
        self.is_cut = is_begun or bool(self._data or self._event)
        self._drop()
        return ()

    def _going_on(self, data: bytes) -> list[Message]:
        """What was begun is ended line by line; after it whole blocks may follow."""
        if self.fault is not None:
            return []
        end = data.find(b"\n\n") + 2
        if end < 2 or end == len(data) or b"\r" in data or self._head is not None:
            return self._lines(data)
        events = self._lines(data[:end])
        return events + self.feed(data[end:])

    def _blocks(self, text: str) -> list[Message]:
        """Whole blocks, without the blank line after the last one."""
        if text[:6] == "data: ":
            parts = text[6:].split("\n\ndata: ")
            if text.count("\n") == 2 * len(parts) - 2:  # no other line in any of them
                return list(zip(repeat(UNNAMED), parts, repeat(self._id), strict=False))
        events: list[Message] = []
        for block in text.split("\n\n"):
            name, lf, data = block.partition("\n")
            if name[:4] == "id: " and "\0" not in name:
                self.last_id = self._id = name[4:]
                name, lf, data = data.partition("\n")
            if name[:7] == "event: " and data[:6] == "data: " and "\n" not in data:
                events.append((name[7:] or UNNAMED, data[6:], self._id))
            elif not lf and name[:6] == "data: ":
                events.append((UNNAMED, name[6:], self._id))
            else:
                events += self._dispatched([*block.encode().split(b"\n"), b""])
        return events

    def _lines(self, data: bytes) -> list[Message]:
        if self._head is not None:
            data = self._without_bom(self._head + data)
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == 10:
                data = data[1:]
        if b"\r" in data:
            # A CR at the end is a line end already; an LF that follows in the next read belongs to it.
            self._skip_lf = data[-1] == 13
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            if data:
                self._keep(data)
                self._inside = True
            return []
        if self._rest:
            self._rest.append(data)
            data = b"".join(self._rest)
            self._rest.clear()
            self._rest_bytes = 0
        lines = data.split(b"\n")
        last = lines.pop()
        events = self._dispatched(lines)
        if last or self._data_bytes:
            self._keep(last)
        is_begun = last or self._data or self._event or self._id != self.last_id
        self._inside = bool(is_begun or self._skip_lf)
        return events

    def _keep(self, part: bytes) -> None:
        """Keep part of a line, as long as there is room for it and the data before it."""
        if part:
            self._rest.append(part)
            self._rest_bytes += len(part)
        if self._rest_bytes + self._data_bytes > self._max_bytes:
            self.fault = too_long(self._max_bytes)
            self._drop()

    def _drop(self) -> None:
        self._rest.clear()
        self._data.clear()
        self._rest_bytes = self._data_bytes = 0
        self._event = ""
        self._inside = True

    def _dispatched(self, lines: list[bytes]) -> list[Message]:
        events: list[Message] = []
        data = self._data
        for line in lines:
            if line[:6] == b"data: ":
                data.append(line[6:].decode("utf-8", "replace"))
                self._data_bytes += len(line)
            elif line:
                self._field(line)
            else:
                if data:
                    events.append((self._event or UNNAMED, "\n".join(data), self._id))
                    data.clear()
                    self._data_bytes = 0
                self._event = ""
                self.last_id = self._id
        return events

    def _field(self, line: bytes) -> None:
        name, _, raw = line.partition(b":")
        value = raw.removeprefix(b" ")
        if name == b"data":
            self._data.append(value.decode("utf-8", "replace"))
            self._data_bytes += len(line)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            digits = value.lstrip(b"0") or b"0"
            self.retry_ms = int(digits) if len(digits) <= RETRY_DIGITS else 10**RETRY_DIGITS

    def _without_bom(self, data: bytes) -> bytes:
        if len(data) < len(BOM) and BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(BOM)
