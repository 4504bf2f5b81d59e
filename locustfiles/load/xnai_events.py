"""Dialect `xnai`: events parted by the four characters backslash n backslash n instead of line ends.

The service escapes its line ends twice, so that no line of its stream ever ends and a standard decoder sees
no event. Splitting at the four characters is no way out: an escaped answer may hold them too. Each event is
therefore followed through its JSON to the end. Real line ends are taken as well, should the service mend it.
"""

import re
from typing import Literal

import msgspec

from locustfiles.load.json_objects import Surroundings
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

XNAI_SURROUNDINGS = Surroundings(
    re.compile(rb"(?:\\[nr]|[ \t\r\n])*+"),
    re.compile(rb"data: *\{"),
    re.compile(rb"(?:\\|d|da|dat|data|data: *)?"),
)


class _Token(msgspec.Struct, gc=False):
    type: Literal["token"]
    content: str


_token = msgspec.json.Decoder(_Token).decode


class XnaiEvents:
    """Ends properly with one event of type `done`."""

    __slots__ = ("end",)

    def __init__(self) -> None:
        self.end = StreamEnd()

    def text(self, name: str, data: str) -> str | None:  # noqa: ARG002 -- other dialects need it
        try:
            return _token(data).content
        except (msgspec.MsgspecError, RecursionError):
            return None

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:  # noqa: ARG002 -- as above
        content = json_object(data)
        if content is None:
            return [self.end.senseless("event without a JSON object", stamp_ns)]
        if content.get("type") != "token":
            self.end.said.update(content)
        match content.get("type"):
            case "error":
                return [self.end.error(content.get("error"), stamp_ns)]
            case "token":
                return [self._token(content.get("content"), stamp_ns)]
            case "sources":
                kind = EventKind.CITATION if content.get("sources") else EventKind.OTHER
                return [StreamEvent(kind, stamp_ns)]
            case "done":
                return _done(content, stamp_ns)
            case _:
                return [StreamEvent(EventKind.OTHER, stamp_ns)]

    def _token(self, content: object, stamp_ns: int) -> StreamEvent:
        if isinstance(content, str):
            return StreamEvent(EventKind.TEXT if content else EventKind.OTHER, stamp_ns, content)
        return self.end.senseless("token event without content", stamp_ns)


def _done(content: dict[str, object], stamp_ns: int) -> list[StreamEvent]:
    """The service's `latency_ms` leaves retrieval out: it is the time of its generation."""
    duration_us = milliseconds_as_us(content.get("latency_ms"))
    done = StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))
    if duration_us is None:
        return [done]
    return [StreamEvent(EventKind.STAGE, stamp_ns, name="generate", duration_us=duration_us), done]
