"""What a dialect makes of the messages of a stream, whatever carries them."""

from typing import Protocol

from locustfiles.load.stream_end import StreamEnd
from locustfiles.load.stream_event import StreamEvent


class EventReader(Protocol):
    """Reads the messages of one stream in one dialect; a new one for each stream."""

    end: StreamEnd

    def text(self, name: str, data: str) -> str | None:
        """The text of a message that holds some and nothing else that matters.

        None for any other; then `events` is called with the same message. This is the hot path.
        """

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        """What any message means."""
