"""The dialects over a WebSocket: each message of an answer is one event."""

import re
from collections.abc import Callable, Mapping

import msgspec

from analysis.endpoint import Dialect
from analysis.failure import Failure, FailureKind
from locustfiles.load.dialect import decoder_for
from locustfiles.load.rag_events import RagEventsDecoder
from locustfiles.load.stream_end import json_object
from locustfiles.load.stream_event import NEW_EVENT, EventKind, StreamDecoder, StreamEvent

END_MARK = b"[DONE]"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
TEXT, DONE, ERROR = EventKind.TEXT, EventKind.DONE, EventKind.ERROR


def message_decoder_for(dialect: Dialect) -> StreamDecoder:
    """A new decoder for one answer; each call of its `feed` gets one whole message."""
    return DECODERS[dialect]() if dialect in DECODERS else MessagesAsEvents(decoder_for(dialect))


def is_over(events: list[StreamEvent]) -> bool:
    """Whether one of these events is the last of its answer."""
    return any(event[0] is DONE or event[0] is ERROR for event in events)


class _Message(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""


_message = msgspec.json.Decoder(_Message).decode


class RagMessageDecoder(RagEventsDecoder):
    """Dialect `rag-events`: the name of an event is its object's `type`."""

    __slots__ = ()

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        try:
            message = _message(data)
        except (msgspec.MsgspecError, RecursionError):
            pass
        else:
            if message.type == "token" and message.text and not self._end.seen:
                return [NEW_EVENT((TEXT, stamp_ns, message.text, None, None, None))]
        text = data.decode()
        name = (json_object(text) or {}).get("type")
        if not isinstance(name, str):
            return [self._senseless(stamp_ns, "message without a type")]
        events = self._decoded(name, text, stamp_ns)
        self._end.watch(events)
        return events


class MessagesAsEvents:
    """Any dialect of server-sent events, told by messages that hold the events' data."""

    __slots__ = ("_events", "_failure")

    def __init__(self, events: StreamDecoder) -> None:
        self._events = events
        self._failure: Failure | None = None

    @property
    def said(self) -> Mapping[str, object]:
        return self._events.said

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        content = json_object(data.decode())
        if content is None and data.strip() != END_MARK:
            self._failure = Failure(FailureKind.PROTOCOL, "message without a JSON object")
            return [StreamEvent(EventKind.OTHER, stamp_ns)]
        name = None if content is None else content.get("type")
        head = f"event: {name}\n" if isinstance(name, str) and NAME.fullmatch(name) else ""
        # A JSON string holds no raw line ends, so those that there are mean nothing.
        line = data.replace(b"\r", b" ").replace(b"\n", b" ")
        return self._events.feed(b"%bdata: %b\n\n" % (head.encode(), line), stamp_ns)

    def finish(self) -> Failure | None:
        return self._failure or self._events.finish()


DECODERS: Mapping[Dialect, Callable[[], StreamDecoder]] = {Dialect.RAG_EVENTS: RagMessageDecoder}
