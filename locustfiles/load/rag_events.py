"""Dialect `rag-events`: named events stage, citation, token, done and error, each with a JSON object."""

from collections.abc import Mapping

import msgspec

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import NEW_EVENT, EventKind, StreamEvent

KNOWN = frozenset({"token", "stage", "citation", "error"})
TEXT = EventKind.TEXT


class _Token(msgspec.Struct, gc=False):
    text: str = ""


_token = msgspec.json.Decoder(_Token).decode


class RagEventsDecoder:
    """Ends properly with one `done` event. Stages that only `done` names are handed over before it."""

    __slots__ = ("_end", "_sse", "_stages")

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._end = StreamEnd()
        self._stages: set[str] = set()

    @property
    def said(self) -> Mapping[str, object]:
        return self._end.said

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        end = self._end
        for name, content, _ in self._sse.feed(data):
            text = _text(content) if name == "token" else None
            if text and not end.seen:
                events.append(NEW_EVENT((TEXT, stamp_ns, text, None, None, None)))
            else:
                decoded = self._decoded(name, content, stamp_ns)
                end.watch(decoded)
                events += decoded
        return events

    def finish(self) -> Failure | None:
        self._sse.close()
        return self._end.finish()

    def _decoded(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        if name == "done":
            return self._done(json_object(data), stamp_ns)
        if name not in KNOWN:
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        return [self._known(name, json_object(data), stamp_ns)]

    def _known(self, name: str, content: dict[str, object] | None, stamp_ns: int) -> StreamEvent:
        if name == "error":
            return self._end.error(None if content is None else content.get("code"), stamp_ns)
        if content is None:
            return self._senseless(stamp_ns, f"{name} event without a JSON object")
        if name == "token":
            return self._token(content, stamp_ns)
        self._end.said.update(content)
        if name == "stage":
            return self._stage(content.get("name"), content.get("ms"), stamp_ns)
        return StreamEvent(EventKind.CITATION, stamp_ns)

    def _token(self, content: dict[str, object], stamp_ns: int) -> StreamEvent:
        text = content.get("text")
        if isinstance(text, str):
            return StreamEvent(TEXT if text else EventKind.OTHER, stamp_ns, text)
        return self._senseless(stamp_ns, "token event without text")

    def _stage(self, name: object, duration_ms: object, stamp_ns: int) -> StreamEvent:
        duration_us = milliseconds_as_us(duration_ms)
        if not isinstance(name, str) or duration_us is None:
            return self._senseless(stamp_ns, "stage event without name and ms")
        self._stages.add(name)
        return StreamEvent(EventKind.STAGE, stamp_ns, name=name, duration_us=duration_us)

    def _done(self, content: dict[str, object] | None, stamp_ns: int) -> list[StreamEvent]:
        if content is None:
            return [self._senseless(stamp_ns, "done event without a JSON object")]
        self._end.said.update(content)
        timings = content.get("timings_ms")
        named = timings.items() if isinstance(timings, dict) else ()
        stages = [self._stage(name, value, stamp_ns) for name, value in named if name not in self._stages]
        return [*stages, StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))]

    def _senseless(self, stamp_ns: int, detail: str) -> StreamEvent:
        self._end.fail(FailureKind.PROTOCOL, detail)
        return StreamEvent(EventKind.OTHER, stamp_ns)


def _text(data: str) -> str | None:
    """The text of a token; None for what takes the slow way."""
    try:
        return _token(data).text
    except (msgspec.MsgspecError, RecursionError):
        return None
