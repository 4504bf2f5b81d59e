"""How a stream ends: the rule that all dialects share."""

import json
import re
from collections.abc import Sequence

from analysis.failure import Failure, FailureKind
from locustfiles.load.stream_event import EventKind, StreamEvent

OTHER, ERROR, DONE = EventKind.OTHER, EventKind.ERROR, EventKind.DONE
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
NO_MARK = "stream ended without its end mark"
INSIDE = "stream ended inside an event"


class StreamEnd:
    """Watches one stream's events for its end. The first thing that went wrong is kept.

    A proper end is exactly one end mark, and after it nothing but events that carry no meaning. Without
    `needs_mark` the end of the HTTP message is a proper end, too.
    """

    __slots__ = ("_failure", "_needs_mark", "said", "seen")

    def __init__(self, *, needs_mark: bool = True) -> None:
        self.said: dict[str, object] = {}
        """The keys of all events without text; of a key that came twice, the last value."""
        self.seen = False
        """Whether the end mark has come."""
        self._needs_mark = needs_mark
        self._failure: Failure | None = None

    def watch(self, events: Sequence[StreamEvent]) -> None:
        """Call for all events, in order; text may be left out as long as the end mark has not been seen."""
        for event in events:
            kind = event.kind
            if self.seen:
                if kind not in (OTHER, ERROR):
                    self.fail(FailureKind.VALIDATION, f"{kind} event after the end mark of the stream")
            elif kind is DONE:
                self.seen = True

    def error(self, code: object, stamp_ns: int) -> StreamEvent:
        """The event for an error that the service reported; its message is not kept, its code may be."""
        known = isinstance(code, str) and CODE.fullmatch(code)
        self.fail(FailureKind.STREAM_ERROR, f"error event in the stream: {code}" if known else "error event")
        return StreamEvent(ERROR, stamp_ns, name=str(code) if known else None)

    def fail(self, kind: FailureKind, detail: str) -> None:
        """Note a failure, unless there was one before."""
        if self._failure is None:
            self._failure = Failure(kind, detail)

    def senseless(self, detail: str, stamp_ns: int) -> StreamEvent:
        """The event for a message that its dialect does not know."""
        self.fail(FailureKind.PROTOCOL, detail)
        return StreamEvent(OTHER, stamp_ns)

    def finish(self, *, inside: bool = False) -> Failure | None:
        """The stream's failure once all bytes have been seen; `inside` when the last message was cut off."""
        if self._failure is None and not self.seen and (inside or self._needs_mark):
            return Failure(FailureKind.TRUNCATED, INSIDE if inside else NO_MARK)
        return self._failure


def is_over(events: Sequence[StreamEvent]) -> bool:
    """Whether one of these events is the last of its answer, where nothing else tells its end."""
    return any(event[0] is DONE or event[0] is ERROR for event in events)


def settled(seen: Failure | None, transport: Failure | None, *, is_whole: bool) -> Failure | None:
    """What a stream failed of: `seen` is what its decoder says, `is_whole` that HTTP framed all of it.

    A cut by the transport explains a missing end mark. When the answer is whole, nothing was cut: then the
    service ended it as it should not have.
    """
    if seen is None:
        return transport
    if seen.kind is not FailureKind.TRUNCATED:
        return seen
    if transport is not None:
        return transport
    return Failure(FailureKind.VALIDATION, seen.detail) if is_whole else seen


def json_object(text: str) -> dict[str, object] | None:
    """The object in an event's data; None when it is not a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def whole(value: object) -> int | None:
    """A count that a service reported, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def milliseconds_as_us(value: object) -> float | None:
    """A duration that a service reported in milliseconds, if it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        return None
    return value * 1000.0
