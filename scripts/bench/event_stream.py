"""One stream of the event server: chat completions as an OpenAI-compatible server streams them."""

import socket
from array import array

from scripts.bench.event_framing import SERVER_SENT


class EventStream:
    """One connection; it serves one stream after the other."""

    __slots__ = (
        "asked_ns", "due_ns", "framing", "index", "is_first", "number",
        "received", "rest", "send", "socket", "stamps_ns",
    )  # fmt: skip

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.send = connected.send
        self.received = b""
        self.framing = SERVER_SENT
        self.rest = memoryview(b"")
        """Of a burst: what the kernel has not taken yet."""
        self.stamps_ns = array("q")
        self.index = self.due_ns = 0
        self.asked_ns = 0
        self.number = 0
        """0 when nothing is asked for."""
        self.is_first = False
        """Whether none was asked for before on this connection."""

    def begin(self, number: int, asked_ns: int) -> None:
        """The next stream on this connection."""
        self.is_first = not self.asked_ns
        self.number = number
        self.asked_ns = asked_ns
        self.index = 0
        self.stamps_ns = array("q")
