"""One finished request with its stamps; what the wire client hands back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.failure import Failure


# Not frozen: the client fills it in while the exchange goes on, and a frozen one costs 2 us more per request.
@dataclass(slots=True, eq=False)
class Exchange:
    """Stamps are ns on CLOCK_REALTIME. `failure` knows the transport only: no status is a failure here."""

    sched_ns: int
    send_ns: int | None = None
    first_ns: int | None = None
    last_ns: int | None = None
    wake_lag_ns: int | None = None
    """The largest of the exchange's reads."""
    connect_ns: int | None = None
    """Duration of name resolution, connect and TLS; None when the connection was open already."""
    handshake_ns: int | None = None
    """Duration of opening a WebSocket on that connection, its greeting included."""
    status: int | None = None
    head: bytes = b""
    body: bytes = b""
    """Empty for a stream that was decoded; its events were handed over one by one."""
    body_bytes: int = 0
    received_bytes: int = 0
    """Everything read from the connection, below it TLS: status line, headers, framing and body."""
    failure: Failure | None = None
    _headers: dict[str, str] | None = field(default=None, init=False, repr=False)

    @property
    def opening_ns(self) -> int:
        """Spent on opening what it was sent over; 0 when that was open already."""
        return (self.connect_ns or 0) + (self.handshake_ns or 0)

    @property
    def response_us(self) -> int | None:
        """From the moment it was due to the last byte."""
        return None if self.last_ns is None else (self.last_ns - self.sched_ns) // 1000

    @property
    def service_us(self) -> int | None:
        """From the first byte sent to the last byte received."""
        if self.last_ns is None or self.send_ns is None:
            return None
        return (self.last_ns - self.send_ns) // 1000

    @property
    def headers(self) -> Mapping[str, str]:
        """Lower-case names; the values of a repeated name are joined with a comma."""
        if self._headers is None:
            self._headers = parse_headers(self.head)
        return self._headers


def parse_headers(head: bytes) -> dict[str, str]:
    """`head` has passed the HTTP parser: status line first, CRLF line ends, no folded lines."""
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        key = name.decode("latin-1").lower()
        text = value.strip(b" \t").decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
