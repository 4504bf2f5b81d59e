"""Dialect `sutazai`: JSON objects with a `type`, in server-sent events and over its chat WebSockets."""

from typing import Literal

import msgspec

from locustfiles.load.stream_end import StreamEnd, json_object
from locustfiles.load.stream_event import EventKind, StreamEvent

TOKENS = ("token", "stream_chunk")
ENDS = ("end", "stream_end", "complete")
"""Of the event stream, of the chat WebSocket, of the Jarvis WebSocket; each repeats the answer."""


class _Token(msgspec.Struct, gc=False):
    type: Literal["token", "stream_chunk"]
    content: str


_token = msgspec.json.Decoder(_Token).decode


class SutazaiEvents:
    """Ends properly with one object of type `end`, `stream_end` or `complete`.

    A `response`, which the WebSockets send when they were not asked to stream, is answer and end at once.
    """

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
        kind = content.get("type")
        if kind == "error":
            return [self.end.error(content.get("error"), stamp_ns)]
        if kind in TOKENS:
            return [self._text(content.get("content"), stamp_ns)]
        self.end.said.update(content)
        if kind in ENDS:
            return [StreamEvent(EventKind.DONE, stamp_ns)]
        if kind == "response":
            text = content.get("content", content.get("response"))
            return [self._text(text, stamp_ns), StreamEvent(EventKind.DONE, stamp_ns)]
        return [StreamEvent(EventKind.OTHER, stamp_ns)]

    def _text(self, text: object, stamp_ns: int) -> StreamEvent:
        if isinstance(text, str):
            return StreamEvent(EventKind.TEXT if text else EventKind.OTHER, stamp_ns, text)
        return self.end.senseless("an answer's event without content", stamp_ns)
