"""Dialect `rag-events`: named events stage, citation, token, done and error, each with a JSON object."""

from analysis.failure import Failure, FailureKind
from locustfiles.load.sse import SseDecoder, SseEvent
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent


class RagEventsDecoder:
    """Ends properly with one `done` event. Stages that only `done` names are handed over before it."""

    __slots__ = ("_end", "_sse", "_stages")

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._end = StreamEnd()
        self._stages: set[str] = set()

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
        if sse.event not in ("token", "stage", "citation", "done", "error"):
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        content = json_object(sse.data)
        if sse.event == "error":
            return [self._end.error(None if content is None else content.get("code"), stamp_ns)]
        if content is None:
            self._end.fail(FailureKind.PROTOCOL, f"{sse.event} event without a JSON object")
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        if sse.event == "token":
            return [self._token(content, stamp_ns)]
        if sse.event == "stage":
            return [self._stage(content.get("name"), content.get("ms"), stamp_ns)]
        if sse.event == "citation":
            return [StreamEvent(EventKind.CITATION, stamp_ns)]
        return self._done(content, stamp_ns)

    def _token(self, content: dict[str, object], stamp_ns: int) -> StreamEvent:
        text = content.get("text")
        if isinstance(text, str):
            return StreamEvent(EventKind.TEXT if text else EventKind.OTHER, stamp_ns, text)
        self._end.fail(FailureKind.PROTOCOL, "token event without text")
        return StreamEvent(EventKind.OTHER, stamp_ns)

    def _stage(self, name: object, duration_ms: object, stamp_ns: int) -> StreamEvent:
        duration_us = milliseconds_as_us(duration_ms)
        if not isinstance(name, str) or duration_us is None:
            self._end.fail(FailureKind.PROTOCOL, "stage event without name and ms")
            return StreamEvent(EventKind.OTHER, stamp_ns)
        self._stages.add(name)
        return StreamEvent(EventKind.STAGE, stamp_ns, name=name, duration_us=duration_us)

    def _done(self, content: dict[str, object], stamp_ns: int) -> list[StreamEvent]:
        timings = content.get("timings_ms")
        named = timings.items() if isinstance(timings, dict) else ()
        stages = [self._stage(name, value, stamp_ns) for name, value in named if name not in self._stages]
        return [*stages, StreamEvent(EventKind.DONE, stamp_ns, tokens=whole(content.get("tokens")))]
