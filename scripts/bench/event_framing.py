"""How the event server frames its events: as server-sent events over HTTP, or as messages of a WebSocket."""

import base64
import hashlib
import re
import struct
from typing import NamedTuple

from locustfiles.peers.stream_log import TEXT

DATA = (
    '{"id":"chatcmpl-9f2c47d1","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    '"choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}]}'
)
DONE = b"[DONE]"
BYTES = len(DATA % (TEXT % (0, 0)))

KEY = re.compile(rb"\r\nsec-websocket-key: *(\S+)", re.IGNORECASE)
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
QUESTION, CLOSE = 1, 8
"""Opcodes: a text message, the end."""
WHOLE = 0x80
TWO_BYTES = 126
"""In place of a frame's length: the next two bytes have it."""


class Framing(NamedTuple):
    """What a stream is made of."""

    head: bytes
    event: bytes
    """Lacks the two numbers of its text."""
    end: bytes


SERVER_SENT = Framing(
    head=b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n",
    event=b"%x\r\ndata: %b\n\n\r\n" % (BYTES + 8, (DATA % TEXT).encode()),
    end=b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
)
"""Each event in a chunk of its own, as services send them."""

MESSAGES = Framing(
    head=b"",
    event=struct.pack("!BBH", WHOLE | QUESTION, TWO_BYTES, BYTES).replace(b"%", b"%%")
    + (DATA % TEXT).encode(),
    end=bytes([WHOLE | QUESTION, len(DONE)]) + DONE,
)
"""Each event in a frame of its own (RFC 6455, section 5.2)."""


def agreement(head: bytes) -> bytes | None:
    """The answer to a request that wants to become a WebSocket; None for any other."""
    key = KEY.search(head)
    if key is None:
        return None
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def first_frame(data: bytes) -> tuple[int, int] | None:
    """Opcode and length, header included, of a client's first frame; None while it is not whole."""
    if len(data) < 4:
        return None
    size, begin = data[1] & 0x7F, 2
    if size >= TWO_BYTES:
        size, begin = int.from_bytes(data[2:4]), 4
    end = begin + 4 + size  # the mask
    return None if len(data) < end else (data[0] & 0x0F, end)
