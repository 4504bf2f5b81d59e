"""Dialect `rag-events`: named events stage, citation, token, done and error, each with a JSON object."""

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder, SseEvent
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

KNOWN = frozenset({"token", "stage", "citation", "error"})
TEXT = EventKind.TEXT


class RagEventsDecoder:
    """Ends properly with one `done` event. Stages that only `done` names are handed over before it."""

    __slots__ = ("_end", "_sse", "_stages")

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._end = StreamEnd()
        self._stages: set[str] = set()

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for sse in self._sse.feed(data):
            if sse.event == "done":
                events += self._done(sse, stamp_ns)
            else:
                events.append(self._decoded(sse, stamp_ns))
        self._end.watch(events)
        return events

    def finish(self) -> Failure | None:
        self._sse.close()
        return self._end.finish()

    def _decoded(self, sse: SseEvent, stamp_ns: int) -> StreamEvent:
        name = sse.event
        if name not in KNOWN:
            return StreamEvent(EventKind.OTHER, stamp_ns)
        content = json_object(sse.data)
        if name == "error":
            return self._end.error(None if content is None else content.get("code"), stamp_ns)
        if content is None:
            return self._senseless(stamp_ns, f"{name} event without a JSON object")
        if name == "token":
            return self._token(content, stamp_ns)
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

    def _done(self, sse: SseEvent, stamp_ns: int) -> list[StreamEvent]:
        content = json_object(sse.data)
        if content is None:
            return [self._senseless(stamp_ns, "done event without a JSON object")]
        timings = content.get("timings_ms")
        named = timings.items() if isinstance(timings, dict) else ()
        stages = [self._stage(name, value, stamp_ns) for name, value in named if name not in self._stages]
        return [*stages, StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))]

    def _senseless(self, stamp_ns: int, detail: str) -> StreamEvent:
        self._end.fail(FailureKind.PROTOCOL, detail)
        return StreamEvent(EventKind.OTHER, stamp_ns)
