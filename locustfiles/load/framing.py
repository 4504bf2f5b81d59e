"""How one message of a stream is told from the next."""

from collections.abc import Sequence
from typing import Protocol

Message = tuple[str, str, str]
"""Its name, its data, and the last id that the stream gave. Plain, for they come by the million."""

UNNAMED = "message"
"""The name of a message that has none, as for server-sent events."""

MAX_EVENT_BYTES = 1024 * 1024


class Framer(Protocol):
    """Cuts one stream's body into messages; a new one for each stream."""

    fault: str | None
    """Why nothing that may still come can be understood; all bytes after that are dropped."""
    is_cut: bool
    """After `close`: the body ended inside a message, which was dropped."""

    def feed(self, data: bytes) -> Sequence[Message]:
        """The messages that these bytes complete, wherever the reads were cut."""

    def close(self) -> Sequence[Message]:
        """The end of the body: what only it completes."""


class WholeMessages:
    """For what comes in messages already, as over a WebSocket: each call brings one."""

    __slots__ = ("fault", "is_cut")

    def __init__(self) -> None:
        self.fault: str | None = None
        self.is_cut = False

    def feed(self, data: bytes) -> Sequence[Message]:
        return ((UNNAMED, data.decode("utf-8", "replace"), ""),)

    def close(self) -> Sequence[Message]:
        return ()


def too_long(max_event_bytes: int) -> str:
    """The fault of a stream whose message has no end within the limit."""
    return f"an event longer than max_event_bytes = {max_event_bytes}"
