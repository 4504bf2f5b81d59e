"""Dialect `openai-chat`: streamed chat completions of any OpenAI-compatible server."""

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder, SseEvent
from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

END_MARK = "[DONE]"


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
        see = self._end.see
        for sse in self._sse.feed(data):
            for event in self._decoded(sse, stamp_ns):
                if event.kind is not EventKind.ERROR:
                    see(event.kind)
                events.append(event)
        return events

    def finish(self) -> Failure | None:
        self._sse.close()
        return self._end.finish()

    def _decoded(self, sse: SseEvent, stamp_ns: int) -> list[StreamEvent]:
        if sse.data.strip() == END_MARK:
            return [StreamEvent(EventKind.DONE, stamp_ns)]
        chunk = json_object(sse.data)
        if chunk is None:
            if sse.event == "error":
                return [self._end.error(None, stamp_ns)]
            self._end.fail(FailureKind.PROTOCOL, "event without a JSON object")
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        error = chunk.get("error")
        if error or sse.event == "error":
            return [self._end.error(_code(error), stamp_ns)]
        events = []
        text = _text(chunk.get("choices"))
        if text:
            events.append(StreamEvent(EventKind.TEXT, stamp_ns, text))
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            tokens = whole(usage.get("completion_tokens"))
            events.append(StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens))
        return events or [StreamEvent(EventKind.OTHER, stamp_ns)]


def _text(choices: object) -> str:
    if not isinstance(choices, list):
        return ""
    parts = []
    for choice in choices:
        delta = choice.get("delta") if isinstance(choice, dict) else None
        content = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(content, str):
            parts.append(content)
    return "".join(parts)


def _code(error: object) -> object:
    """The most telling of the names that servers give an error."""
    if not isinstance(error, dict):
        return None
    return next((error[key] for key in ("code", "type") if isinstance(error.get(key), str)), None)
