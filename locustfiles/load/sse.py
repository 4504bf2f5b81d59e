"""Decoder of server-sent events, as the WHATWG HTML standard (section 9.2.6) says."""

from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One dispatched event."""

    event: str
    data: str
    id: str


class SseDecoder:
    """Takes bytes as they come, cut anywhere, and never waits longer for an event than it must.

    Works on bytes: the three line ends are ASCII, so lines are complete characters whatever the cuts, and
    U+2028 ends none.
    """

    __slots__ = ("_data", "_event", "_head", "_last_id", "_rest", "_skip_lf", "retry_ms")

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        """The reconnection time that the stream asked for last."""
        self._head: bytes | None = b""  # the first bytes, until they cannot be a BOM any more
        self._rest: list[bytes] = []
        self._skip_lf = False
        self._event = ""
        self._data: list[str] = []
        self._last_id = ""

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete."""
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
                self._rest.append(data)
            return []
        if self._rest:
            self._rest.append(data)
            data = b"".join(self._rest)
            self._rest.clear()
        lines = data.split(b"\n")
        last = lines.pop()
        if last:
            self._rest.append(last)
        return self._events(lines)

    def close(self) -> None:
        """The end of the stream: a block without its blank line is dropped."""
        self._rest.clear()
        self._data.clear()
        self._event = ""

    def _events(self, lines: list[bytes]) -> list[SseEvent]:
        events: list[SseEvent] = []
        data = self._data
        for line in lines:
            if line[:6] == b"data: ":
                data.append(line[6:].decode("utf-8", "replace"))
            elif line:
                self._field(line)
            else:
                if data:
                    events.append(
                        SseEvent(
                            self._event or "message",
                            data[0] if len(data) == 1 else "\n".join(data),
                            self._last_id,
                        )
                    )
                    data.clear()
                self._event = ""
        return events

    def _field(self, line: bytes) -> None:
        name, _, raw = line.partition(b":")
        value = raw.removeprefix(b" ")
        if name == b"data":
            self._data.append(value.decode("utf-8", "replace"))
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._last_id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry_ms = int(value)

    def _without_bom(self, data: bytes) -> bytes:
        if len(data) < len(BOM) and BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(BOM)
