"""WebSocket frames by hand (RFC 6455, 5.2), so that a mistake of a library is not made on both sides."""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence

from tests.servers.script import Step, send

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FIN, MASKED = 0x80, 0x80


def frame(
    payload: bytes, opcode: int = TEXT, *, fin: bool = True, rsv: int = 0, masked: bool = False
) -> bytes:
    """One frame as a server sends it; `rsv` are its reserved bits, and a mask is against the rules."""
    size = len(payload)
    mask = MASKED if masked else 0
    if size < 126:
        length = bytes([mask | size])
    elif size < 65_536:
        length = bytes([mask | 126]) + struct.pack("!H", size)
    else:
        length = bytes([mask | 127]) + struct.pack("!Q", size)
    key = b"\0\0\0\0" if masked else b""
    return bytes([FIN * fin | rsv << 4 | opcode]) + length + key + payload


def text(message: object) -> bytes:
    """A text frame with JSON."""
    return frame(json.dumps(message, ensure_ascii=False).encode())


def closing(code: int | None = None, reason: bytes = b"") -> bytes:
    """A close frame, with a code or without."""
    return frame(b"" if code is None else struct.pack("!H", code) + reason, CLOSE)


def pieces(payload: bytes, sizes: Sequence[int], opcode: int = TEXT) -> list[bytes]:
    """A message in fragments of these sizes, and one more for the rest."""
    cut: list[bytes] = []
    for size in sizes:
        cut.append(payload[:size])
        payload = payload[size:]
    cut.append(payload)
    last = len(cut) - 1
    return [frame(part, opcode if index == 0 else CONT, fin=index == last) for index, part in enumerate(cut)]


def upgrade(headers: Mapping[str, str] | None = None, then: bytes = b"") -> Step:
    """Agree to the handshake, and send more in the same write."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return ("upgrade", f"{lines}\r\n" + then.decode("latin-1"))


def hear() -> Step:
    """Wait for a message of the client. After the last step all is heard that it sends until it leaves."""
    return ("hear", 0)


def answer(frames: Sequence[bytes], gap_s: float = 0.0) -> list[Step]:
    """Hear a question and answer it, a write for each frame."""
    steps = [hear()]
    for data in frames:
        steps += [send(data), ("delay", gap_s)]
    return steps


def accept_of(head: str) -> str:
    """The value of Sec-WebSocket-Accept for the request with this head."""
    key = next(
        line.partition(":")[2].strip()
        for line in head.split("\r\n")
        if line.lower().startswith("sec-websocket-key:")
    )
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def agreement(head: str, rest: str) -> bytes:
    """The answer to a handshake; `rest` is more headers, the blank line and what follows it."""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_of(head)}\r\n{rest}"
    ).encode("latin-1")


def first_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Opcode and payload of a client's frame and the bytes after it; None while it is not whole."""
    if len(data) < 2:
        return None
    size, start = data[1] & 0x7F, 2
    if size >= 126:
        width = 2 if size == 126 else 8
        start += width
        if len(data) < start:
            return None
        size = int.from_bytes(data[2:start])
    end = start + 4 + size
    if len(data) < end:
        return None
    assert data[1] & MASKED, "a client's frame without a mask"
    key = data[start : start + 4]
    payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(data[start + 4 : end]))
    return data[0] & 0x0F, payload, data[end:]
