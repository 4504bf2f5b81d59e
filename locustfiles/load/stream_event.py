"""What a stream says, in the words that all dialects share."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import NamedTuple, Protocol

from analysis.failure import Failure


class EventKind(StrEnum):
    """What one event of a stream carries."""

    TEXT = "text"
    """Non-empty answer text; the first one ends the time to first token."""
    STAGE = "stage"
    CITATION = "citation"
    USAGE = "usage"
    ERROR = "error"
    DONE = "done"
    OTHER = "other"


class StreamEvent(NamedTuple):
    """One event. A tuple, because a frozen dataclass takes four times as long to make."""

    kind: EventKind
    stamp_ns: int
    """When the kernel received the last byte of the read that completed the event."""
    text: str = ""
    name: str | None = None
    """Of a stage."""
    duration_us: float | None = None
    """Of a stage."""
    tokens: int | None = None
    """The service's own count, with `usage` and `done`."""


NEW_EVENT = partial(tuple.__new__, StreamEvent)
"""Takes all fields as one tuple, in half the time of calling the class."""


class StreamDecoder(Protocol):
    """Decodes one stream's body; a new one for each stream."""

    @property
    def said(self) -> Mapping[str, object]:
        """The keys of the JSON of all events without text; of a key that came twice, the last value."""

    def feed(self, data: bytes, stamp_ns: int) -> Sequence[StreamEvent]:
        """The events that these bytes complete."""

    @property
    def is_lost(self) -> bool:
        """Whether nothing that may still come could be understood, so that reading on is of no use."""

    def rest(self, stamp_ns: int) -> Sequence[StreamEvent]:
        """Call at the end of the body, once: the events that only the end completes."""

    def finish(self) -> Failure | None:
        """Call after `rest`: None after a proper end, else what was wrong; truncated without an end mark."""
