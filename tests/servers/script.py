"""What the truth server can be told to do, as JSON-ready steps."""

from collections.abc import Iterable, Mapping

Step = tuple[str, str | float]


def send(data: bytes | str) -> Step:
    """Write exactly these bytes, at once."""
    return ("send", data if isinstance(data, str) else data.decode("latin-1"))


def delay(seconds: float) -> Step:
    """Wait."""
    return ("delay", seconds)


def stall() -> Step:
    """Do nothing until the client goes away."""
    return ("stall", 0)


def reset() -> Step:
    """Close by RST."""
    return ("reset", 0)


def fin() -> Step:
    """Close by FIN."""
    return ("fin", 0)


def cut() -> Step:
    """Close by FIN, and over TLS without the close_notify that should come before."""
    return ("cut", 0)


def halve(gap_s: float) -> Step:
    """From here on every write is made in two halves, this long apart."""
    return ("halve", gap_s)


def head(status: int = 200, headers: Mapping[str, str] | None = None, reason: str = "Some Reason") -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


def response(body: bytes = b"{}", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole response with Content-Length."""
    return head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
STREAM_HEAD = head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})


def stream(pieces: Iterable[bytes], gap_s: float = 0.0, first_s: float = 0.0) -> list[Step]:
    """A chunked event stream: one chunk and one write for each piece."""
    steps = [send(STREAM_HEAD), delay(first_s)]
    for piece in pieces:
        steps += [send(chunk(piece)), delay(gap_s)]
    return [*steps[:-1], send(LAST_CHUNK)]


def bytewise(data: bytes, gap_s: float = 0.0) -> list[Step]:
    """One write for each byte."""
    return [step for index in range(len(data)) for step in (send(data[index : index + 1]), delay(gap_s))]
