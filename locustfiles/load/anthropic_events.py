"""Dialect `anthropic`: the streamed messages of the Anthropic API and of servers that speak it."""

from typing import Literal

import msgspec

from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import EventKind, StreamEvent


class _TextDelta(msgspec.Struct, gc=False):
    type: Literal["text_delta"]
    text: str


class _BlockDelta(msgspec.Struct, gc=False):
    type: Literal["content_block_delta"]
    delta: _TextDelta


_block_delta = msgspec.json.Decoder(_BlockDelta).decode


class AnthropicEvents:
    """Ends properly with one `message_stop` event.

    The `type` in an event's data decides, and its name only where there is none. Answer text is that of
    deltas of type `text_delta`; thinking and tool use are none. Types that nobody knows carry no meaning,
    as the API may add some.
    """

    __slots__ = ("end",)

    def __init__(self) -> None:
        self.end = StreamEnd()

    def text(self, name: str, data: str) -> str | None:  # noqa: ARG002 -- other dialects need it
        try:
            return _block_delta(data).delta.text
        except (msgspec.MsgspecError, RecursionError):
            return None

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        content = json_object(data)
        kind = name if content is None else content.get("type", name)
        if kind == "error":
            error = None if content is None else content.get("error")
            return [self.end.error(error.get("type") if isinstance(error, dict) else None, stamp_ns)]
        if content is None:
            return [self.end.senseless("event without a JSON object", stamp_ns)]
        if kind != "content_block_delta":
            self.end.said.update(content)
        match kind:
            case "content_block_delta":
                return [self._delta(content.get("delta"), stamp_ns)]
            case "content_block_start":
                return [_started(content.get("content_block"), stamp_ns)]
            case "message_delta":
                usage = content.get("usage")
                tokens = whole(usage.get("output_tokens")) if isinstance(usage, dict) else None
                return [StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens)]
            case "message_stop":
                return [StreamEvent(EventKind.DONE, stamp_ns)]
            case _:
                return [StreamEvent(EventKind.OTHER, stamp_ns)]

    def _delta(self, delta: object, stamp_ns: int) -> StreamEvent:
        if not isinstance(delta, dict):
            return self.end.senseless("content_block_delta without a delta", stamp_ns)
        if delta.get("type") == "citations_delta":
            return StreamEvent(EventKind.CITATION, stamp_ns)
        if delta.get("type") != "text_delta":
            return StreamEvent(EventKind.OTHER, stamp_ns)
        text = delta.get("text")
        if isinstance(text, str):
            return StreamEvent(EventKind.TEXT if text else EventKind.OTHER, stamp_ns, text)
        return self.end.senseless("text_delta without text", stamp_ns)


def _started(block: object, stamp_ns: int) -> StreamEvent:
    """A block of text begins with none, as a rule."""
    text = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None
    if isinstance(text, str) and text:
        return StreamEvent(EventKind.TEXT, stamp_ns, text)
    return StreamEvent(EventKind.OTHER, stamp_ns)
