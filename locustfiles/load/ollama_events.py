"""Dialect `ollama`: the lines of Ollama's `/api/chat` and `/api/generate`."""

import msgspec

from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

STAGES = {"load": "load_duration", "prompt_eval": "prompt_eval_duration", "eval": "eval_duration"}
"""Stage to the field of its nanoseconds; together they are nearly all of `total_duration`."""


class _Message(msgspec.Struct, gc=False):
    content: str = ""


class _Line(msgspec.Struct, gc=False):
    """What a line with text holds, as far as it matters; anything else takes the slow way."""

    message: _Message | None = None
    response: str = ""
    done: bool = False
    error: None = None


_line = msgspec.json.Decoder(_Line).decode


class OllamaEvents:
    """Ends properly with one line whose `done` is true; it may hold the stages and the number of tokens.

    Answer text is `message.content` or `response`; thinking and tool calls are none. A line with `error` is
    an error.
    """

    __slots__ = ("end",)

    def __init__(self) -> None:
        self.end = StreamEnd()

    def text(self, name: str, data: str) -> str | None:  # noqa: ARG002 -- other dialects need it
        try:
            line = _line(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
        if line.done:
            return None
        return line.response or (None if line.message is None else line.message.content)

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:  # noqa: ARG002 -- as above
        line = json_object(data)
        if line is None:
            return [self.end.senseless("line without a JSON object", stamp_ns)]
        if line.get("error") is not None:
            return [self.end.error(line["error"], stamp_ns)]
        events = []
        if line.get("done") is True:
            self.end.said.update(line)
        message, text = line.get("message"), line.get("response")
        if not text and isinstance(message, dict):
            text = message.get("content")
        if isinstance(text, str) and text:
            events.append(StreamEvent(EventKind.TEXT, stamp_ns, text))
        if line.get("done") is True:
            events += _stages(line, stamp_ns)
            events.append(StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(line.get("eval_count"))))
        elif "done" not in line and text is None:
            events.append(self.end.senseless("line without an answer and without done", stamp_ns))
        return events or [StreamEvent(EventKind.OTHER, stamp_ns)]


def _stages(line: dict[str, object], stamp_ns: int) -> list[StreamEvent]:
    durations_ns = {name: whole(line.get(field)) for name, field in STAGES.items()}
    return [
        StreamEvent(EventKind.STAGE, stamp_ns, name=name, duration_us=duration_ns / 1000.0)
        for name, duration_ns in durations_ns.items()
        if duration_ns is not None
    ]
