"""Dialect `openai-chat`: streamed chat completions of any OpenAI-compatible server."""

from collections.abc import Mapping

import msgspec

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder
from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import NEW_EVENT, EventKind, StreamEvent

END_MARK = "[DONE]"
TEXT = EventKind.TEXT


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None


class _Chunk(msgspec.Struct, gc=False):
    """What a chunk with text holds, as far as it matters; anything else takes the slow way."""

    choices: tuple[_Choice]
    error: None = None
    usage: None = None


_chunk = msgspec.json.Decoder(_Chunk).decode


class OpenAiChatDecoder:
    """Ends properly with `data: [DONE]`.

    Answer text is `choices[].delta.content` when it is not empty: the first chunk, which names the role
    alone, is none, and neither are reasoning and tool calls. An `error` object is an error, whatever the
    status was.
    """

    __slots__ = ("_end", "_sse")

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._end = StreamEnd()

    @property
    def said(self) -> Mapping[str, object]:
        return self._end.said

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        end = self._end
        for name, content, _ in self._sse.feed(data):
            text = None if name == "error" else _text_alone(content)
            if text and not end.seen:
                events.append(NEW_EVENT((TEXT, stamp_ns, text, None, None, None)))
            else:
                begin = len(events)
                self._decode(name, content, stamp_ns, events)
                end.watch(events[begin:])
        return events

    def finish(self) -> Failure | None:
        self._sse.close()
        return self._end.finish()

    def _decode(self, name: str, data: str, stamp_ns: int, events: list[StreamEvent]) -> None:
        chunk = json_object(data)
        if chunk is None:
            events.append(self._without_object(name, data, stamp_ns))
            return
        error = chunk.get("error")
        if error or name == "error":
            events.append(self._end.error(_code(error), stamp_ns))
            return
        text = _text(chunk.get("choices"))
        usage = chunk.get("usage")
        if not text:
            self._end.said.update(chunk)
        if text:
            events.append(StreamEvent(TEXT, stamp_ns, text))
        if isinstance(usage, dict):
            tokens = whole(usage.get("completion_tokens"))
            events.append(StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens))
        elif not text:
            events.append(StreamEvent(EventKind.OTHER, stamp_ns))

    def _without_object(self, name: str, data: str, stamp_ns: int) -> StreamEvent:
        if data.strip() == END_MARK:
            return StreamEvent(EventKind.DONE, stamp_ns)
        if name == "error":
            return self._end.error(None, stamp_ns)
        self._end.fail(FailureKind.PROTOCOL, "event without a JSON object")
        return StreamEvent(EventKind.OTHER, stamp_ns)


def _text_alone(data: str) -> str | None:
    """The text of a chunk that holds some and nothing else that matters; None for any other."""
    try:
        [choice] = _chunk(data).choices
    except (msgspec.MsgspecError, RecursionError):
        return None
    delta = choice.delta
    return None if delta is None else delta.content


def _text(choices: object) -> str:
    if not isinstance(choices, list):
        return ""
    text = ""
    for choice in choices:
        delta = choice.get("delta") if isinstance(choice, dict) else None
        content = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(content, str):
            text += content
    return text


def _code(error: object) -> object:
    """The most telling of the names that servers give an error."""
    if not isinstance(error, dict):
        return None
    return next((error[key] for key in ("code", "type") if isinstance(error.get(key), str)), None)
