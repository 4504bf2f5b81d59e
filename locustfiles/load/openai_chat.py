"""Dialect `openai-chat`: streamed chat completions of any OpenAI-compatible server."""

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder, SseEvent
from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

END_MARK = "[DONE]"
TEXT = EventKind.TEXT


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

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for sse in self._sse.feed(data):
            self._decode(sse, stamp_ns, events)
        self._end.watch(events)
        return events

    def finish(self) -> Failure | None:
        self._sse.close()
        return self._end.finish()

    def _decode(self, sse: SseEvent, stamp_ns: int, events: list[StreamEvent]) -> None:
        chunk = json_object(sse.data)
        if chunk is None:
            events.append(self._without_object(sse, stamp_ns))
            return
        error = chunk.get("error")
        if error or sse.event == "error":
            events.append(self._end.error(_code(error), stamp_ns))
            return
        text = _text(chunk.get("choices"))
        usage = chunk.get("usage")
        if text:
            events.append(StreamEvent(TEXT, stamp_ns, text))
        if isinstance(usage, dict):
            tokens = whole(usage.get("completion_tokens"))
            events.append(StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens))
        elif not text:
            events.append(StreamEvent(EventKind.OTHER, stamp_ns))

    def _without_object(self, sse: SseEvent, stamp_ns: int) -> StreamEvent:
        if sse.data.strip() == END_MARK:
            return StreamEvent(EventKind.DONE, stamp_ns)
        if sse.event == "error":
            return self._end.error(None, stamp_ns)
        self._end.fail(FailureKind.PROTOCOL, "event without a JSON object")
        return StreamEvent(EventKind.OTHER, stamp_ns)


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
