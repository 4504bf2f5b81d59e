"""Decodes a stream: its bytes into messages, and these into events."""

from collections.abc import Mapping, Sequence
from typing import cast

from analysis.failure import Failure, FailureKind
from locustfiles.load.event_reader import EventReader
from locustfiles.load.framing import Framer, Message
from locustfiles.load.stream_event import NEW_EVENT, EventKind, StreamEvent
from locustfiles.load.text_run import TextRun

TEXT = EventKind.TEXT


class FramedDecoder:
    """A framer and a reader for one stream."""

    __slots__ = ("_end", "_events", "_messages", "_text", "framer")

    def __init__(self, framer: Framer, reader: EventReader) -> None:
        self.framer = framer
        self._messages = framer.feed
        self._text = reader.text
        self._events = reader.events
        self._end = reader.end

    def feed(self, data: bytes, stamp_ns: int) -> Sequence[StreamEvent]:
        return self._read(self._messages(data), stamp_ns)

    def rest(self, stamp_ns: int) -> Sequence[StreamEvent]:
        return self._read(self.framer.close(), stamp_ns)

    @property
    def said(self) -> Mapping[str, object]:
        return self._end.said

    @property
    def is_lost(self) -> bool:
        return self.framer.fault is not None

    def finish(self) -> Failure | None:
        framer, end = self.framer, self._end
        if framer.fault is not None:
            end.fail(FailureKind.PROTOCOL, framer.fault)
        return end.finish(inside=framer.is_cut)

    def _read(self, messages: Sequence[Message], stamp_ns: int) -> Sequence[StreamEvent]:
        read_text = self._text
        end = self._end
        if len(messages) > 1 and not end.seen:
            texts = [read_text(name, data) for name, data, _ in messages]
            if all(texts):
                return TextRun(cast("list[str]", texts), stamp_ns)
        events: list[StreamEvent] = []
        for name, data, _ in messages:
            text = read_text(name, data)
            if text and not end.seen:
                events.append(NEW_EVENT((TEXT, stamp_ns, text, None, None, None)))
            else:
                found = self._events(name, data, stamp_ns)
                end.watch(found)
                events += found
        return events
