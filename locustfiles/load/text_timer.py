"""Times the text of one stream as it arrives."""

from array import array
from collections.abc import Sequence

import numpy as np

from locustfiles.load.answer_text import answer_bytes
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.text_run import TextRun

TEXT, STAGE, CITATION = EventKind.TEXT, EventKind.STAGE, EventKind.CITATION


class TextTimer:
    """Collects the events of one stream and turns their stamps into metrics."""

    __slots__ = (
        "_first_event_ns",
        "_gaps_us",
        "_stamps_ns",
        "citations",
        "coalesced",
        "stages_us",
        "text",
        "tokens",
    )

    def __init__(self) -> None:
        self._stamps_ns = array("q")
        self._gaps_us = array("q")
        self._first_event_ns: int | None = None
        self.coalesced = 0
        """Text events that share a stamp with the next one."""
        self.citations = 0
        self.tokens: int | None = None
        """The last number that the service reported."""
        self.stages_us: dict[str, int] = {}
        self.text: list[str] = []

    def take(self, events: Sequence[StreamEvent]) -> None:
        """Add the events of one read. Only events with non-empty answer text count as text."""
        if not events:
            return
        if self._first_event_ns is None:
            self._first_event_ns = events[0][1]
        before = len(self.text)
        if type(events) is TextRun:  # asking an abstract class is dear
            self._stamps_ns.extend(array("q", (events.stamp_ns,)) * len(events))
            self.text += events.texts
        else:
            self._take_each(events)
        brought = len(self.text) - before
        if brought > 1:
            self.coalesced += brought - 1

    def _take_each(self, events: Sequence[StreamEvent]) -> None:
        for kind, stamp_ns, text, name, duration_us, tokens in events:
            if kind is TEXT:
                if text:
                    self._stamps_ns.append(stamp_ns)
                    self.text.append(text)
            elif kind is STAGE and name and duration_us is not None:
                self.stages_us[f"stage.{name}"] = round(duration_us)
            elif kind is CITATION:
                self.citations += 1
            if tokens is not None:
                self.tokens = tokens

    @property
    def text_events(self) -> int:
        """Number of events that carried text."""
        return len(self.text)

    @property
    def text_bytes(self) -> int:
        """Of the answer, in UTF-8."""
        return len(answer_bytes(self.text))

    @property
    def gaps_us(self) -> Sequence[int]:
        """Between consecutive text events; 0 where one read brought both."""
        if len(self._gaps_us) < len(self._stamps_ns) - 1:
            between_ns = np.diff(np.frombuffer(self._stamps_ns, np.int64))
            self._gaps_us = array("q", (np.maximum(between_ns, 0) // 1000).tobytes())
        return self._gaps_us

    def timings_us(self, sched_ns: int, send_ns: int | None) -> dict[str, int]:
        """first_event, ttft, ttft_service, max_gap and tpot as far as this stream has them."""
        if self._first_event_ns is None:
            return {}
        first_event_us = (self._first_event_ns - sched_ns) // 1000
        if not self._stamps_ns:
            return {"first_event": first_event_us}
        first_ns, last_ns = self._stamps_ns[0], self._stamps_ns[-1]
        timings = {"first_event": first_event_us, "ttft": (first_ns - sched_ns) // 1000}
        if send_ns is not None:
            timings["ttft_service"] = (first_ns - send_ns) // 1000
        gaps_us = self.gaps_us
        if gaps_us:
            timings["max_gap"] = max(gaps_us)
        # The first text event is taken to hold one token (n1 = 1): services do not report it per event.
        tokens = self.tokens if self.tokens is not None else len(self.text)
        if tokens > 1:
            timings["tpot"] = (last_ns - first_ns) // 1000 // (tokens - 1)
        return timings
