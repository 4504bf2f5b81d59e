"""What the event server sends: chat completions as an OpenAI-compatible server streams them."""

import socket
from array import array

from locustfiles.peers.stream_log import TEXT

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
EVENT = (
    'data: {"id":"chatcmpl-9f2c47d1","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    '"choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}]}\n\n'
)
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT % (TEXT % (0, 0))), (EVENT % TEXT).encode())
"""One event in a chunk of its own, as services send them; it lacks the two numbers."""
END = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class EventStream:
    """One connection; it serves one stream after the other."""

    __slots__ = (
        "asked_ns", "due_ns", "index", "is_first", "number",
        "received", "rest", "send", "socket", "stamps_ns",
    )  # fmt: skip

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.send = connected.send
        self.received = b""
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
