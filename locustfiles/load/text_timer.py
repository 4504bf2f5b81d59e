"""Times the text of one stream as it arrives."""

from locustfiles.load.stream_event import EventKind, StreamEvent


class TextTimer:
    """Collects the events of one stream and turns their stamps into metrics."""

    __slots__ = ("_first_ns", "_last_ns", "_text_events", "_tokens", "gaps_us", "stages_us", "text")

    def __init__(self) -> None:
        self._first_ns: int | None = None
        self._last_ns: int | None = None
        self._text_events = 0
        self._tokens: int | None = None
        self.gaps_us: list[int] = []
        self.stages_us: dict[str, int] = {}
        self.text: list[str] = []

    def take(self, event: StreamEvent) -> None:
        """Add one event. Only events with non-empty answer text count as text."""
        if event.kind is EventKind.TEXT:
            if event.text:
                self._take_text(event.text, event.stamp_ns)
        elif event.kind is EventKind.STAGE and event.name and event.duration_us is not None:
            self.stages_us[f"stage.{event.name}"] = round(event.duration_us)
        if event.tokens is not None:
            self._tokens = event.tokens

    def _take_text(self, text: str, stamp_ns: int) -> None:
        if self._last_ns is None:
            self._first_ns = stamp_ns
        else:
            self.gaps_us.append(max(0, stamp_ns - self._last_ns) // 1000)
        self._last_ns = stamp_ns
        self._text_events += 1
        self.text.append(text)

    @property
    def text_events(self) -> int:
        """Number of events that carried text."""
        return self._text_events

    def timings_us(self, sched_ns: int, send_ns: int | None) -> dict[str, int]:
        """ttft, ttft_service, max_gap and tpot as far as this stream has them."""
        if self._first_ns is None or self._last_ns is None:
            return {}
        timings = {"ttft": (self._first_ns - sched_ns) // 1000}
        if send_ns is not None:
            timings["ttft_service"] = (self._first_ns - send_ns) // 1000
        if self.gaps_us:
            timings["max_gap"] = max(self.gaps_us)
        # The first text event is taken to hold one token (n1 = 1): services do not report it per event.
        tokens = self._tokens if self._tokens is not None else self._text_events
        if tokens > 1:
            timings["tpot"] = (self._last_ns - self._first_ns) // 1000 // (tokens - 1)
        return timings
