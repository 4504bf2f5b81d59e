"""Dialect `xnai`: events parted by the four characters backslash n backslash n instead of line ends.

The service escapes its line ends twice, so that no line of its stream ever ends and a standard decoder sees
no event. Splitting at the four characters is no way out: an escaped answer may hold them too. Each event is
therefore followed through its JSON to the end. Real line ends are taken as well, should the service mend it.
"""

import re
from collections.abc import Mapping

from analysis.failure import Failure, FailureKind
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

OPENING = re.compile(rb"(?:\\[nr]|[ \t\r\n])*+data: *\{")
OPENING_BEGUN = re.compile(rb"(?:\\[nr]|[ \t\r\n])*+(?:\\|d|da|dat|data|data: *)?")
IN_STRING = re.compile(rb'["\\]')
OUTSIDE = re.compile(rb'["{}]')


class XnaiDecoder:
    """Ends properly with one `done` event. Every byte is looked at once, however the reads are cut."""

    __slots__ = ("_buffer", "_depth", "_end", "_in_string", "_inside", "_lost", "_position", "_start")

    def __init__(self) -> None:
        self._end = StreamEnd()
        self._buffer = b""
        self._start = 0  # of what is not decoded yet
        self._position = 0  # how far the object that starts there has been followed
        self._depth = 0
        self._in_string = False
        self._inside = False
        self._lost = False

    @property
    def said(self) -> Mapping[str, object]:
        return self._end.said

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if self._lost:
            return events
        self._buffer += data
        while self._inside or self._opens():
            end = self._object_end()
            if end is None:
                break
            text = self._buffer[self._start : end].decode("utf-8", "replace")
            self._start = end
            self._inside = False
            events += self._decoded(text, stamp_ns)
        self._buffer = self._buffer[self._start :]
        self._position -= self._start
        self._start = 0
        return events

    def finish(self) -> Failure | None:
        return self._end.finish()

    def _opens(self) -> bool:
        """Move to the start of the next object; False while its prefix is not complete."""
        buffer = self._buffer
        opening = OPENING.match(buffer, self._start)
        if opening is not None:
            self._start = self._position = opening.end() - 1
            self._inside = True
            self._depth = 0
            self._in_string = False
            return True
        if OPENING_BEGUN.fullmatch(buffer, self._start) is None:
            self._lost = True
            self._start = len(buffer)
            self._end.fail(
                FailureKind.PROTOCOL, "neither an event nor a separator where the next event begins"
            )
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

    def _decoded(self, text: str, stamp_ns: int) -> list[StreamEvent]:
        content = json_object(text)
        if content is None:
            self._end.fail(FailureKind.PROTOCOL, "event without a JSON object")
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        kind = content.get("type")
        if kind == "error":
            return [self._end.error(content.get("error"), stamp_ns)]
        if kind != "token":
            self._end.said.update(content)
        if kind == "token":
            events = [self._token(content.get("content"), stamp_ns)]
        elif kind == "sources":
            events = [StreamEvent(EventKind.CITATION, stamp_ns)]
        elif kind == "done":
            events = _done(content, stamp_ns)
        else:
            events = [StreamEvent(EventKind.OTHER, stamp_ns)]
        self._end.watch(events)
        return events

    def _token(self, content: object, stamp_ns: int) -> StreamEvent:
        if isinstance(content, str):
            return StreamEvent(EventKind.TEXT if content else EventKind.OTHER, stamp_ns, content)
        self._end.fail(FailureKind.PROTOCOL, "token event without content")
        return StreamEvent(EventKind.OTHER, stamp_ns)


def _done(content: dict[str, object], stamp_ns: int) -> list[StreamEvent]:
    """The service's `latency_ms` leaves retrieval out: it is the time of its generation."""
    duration_us = milliseconds_as_us(content.get("latency_ms"))
    done = StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))
    if duration_us is None:
        return [done]
    return [StreamEvent(EventKind.STAGE, stamp_ns, name="generate", duration_us=duration_us), done]
