"""Dialect `rag-events`: named events stage, citation, token, done and error, each with a JSON object."""

import msgspec

from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

KNOWN = frozenset({"token", "stage", "citation", "error"})


class _Token(msgspec.Struct, gc=False):
    text: str = ""


class _Message(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""


_token = msgspec.json.Decoder(_Token).decode
_message = msgspec.json.Decoder(_Message).decode


class RagEvents:
    """Ends properly with one `done` event. Stages that only `done` names are handed over before it."""

    __slots__ = ("_stages", "end")

    def __init__(self) -> None:
        self.end = StreamEnd()
        self._stages: set[str] = set()

    def text(self, name: str, data: str) -> str | None:
        if name != "token":
            return None
        try:
            return _token(data).text
        except (msgspec.MsgspecError, RecursionError):
            return None

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        if name == "done":
            return self._done(json_object(data), stamp_ns)
        if name not in KNOWN:
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        return [self._known(name, json_object(data), stamp_ns)]

    def _known(self, name: str, content: dict[str, object] | None, stamp_ns: int) -> StreamEvent:
        if name == "error":
            return self.end.error(None if content is None else content.get("code"), stamp_ns)
        if content is None:
            return self.end.senseless(f"{name} event without a JSON object", stamp_ns)
        if name == "token":
            text = content.get("text")
            if isinstance(text, str):
                return StreamEvent(EventKind.TEXT if text else EventKind.OTHER, stamp_ns, text)
            return self.end.senseless("token event without text", stamp_ns)
        self.end.said.update(content)
        if name == "stage":
            return self._stage(content.get("name"), content.get("ms"), stamp_ns)
        return StreamEvent(EventKind.CITATION, stamp_ns)

    def _stage(self, name: object, duration_ms: object, stamp_ns: int) -> StreamEvent:
        duration_us = milliseconds_as_us(duration_ms)
        if not isinstance(name, str) or duration_us is None:
            return self.end.senseless("stage event without name and ms", stamp_ns)
        self._stages.add(name)
        return StreamEvent(EventKind.STAGE, stamp_ns, name=name, duration_us=duration_us)

    def _done(self, content: dict[str, object] | None, stamp_ns: int) -> list[StreamEvent]:
        if content is None:
            return [self.end.senseless("done event without a JSON object", stamp_ns)]
        self.end.said.update(content)
        timings = content.get("timings_ms")
        named = timings.items() if isinstance(timings, dict) else ()
        stages = [self._stage(name, value, stamp_ns) for name, value in named if name not in self._stages]
        return [*stages, StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))]


class RagMessages(RagEvents):
    """The same events as messages of a WebSocket: the name of each is its object's `type`."""

    __slots__ = ()

    def text(self, name: str, data: str) -> str | None:  # noqa: ARG002 -- a message has none
        try:
            message = _message(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
        return message.text if message.type == "token" else None

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:  # noqa: ARG002 -- as above
        kind = (json_object(data) or {}).get("type")
        if not isinstance(kind, str):
            return [self.end.senseless("message without a type", stamp_ns)]
        return super().events(kind, data, stamp_ns)
