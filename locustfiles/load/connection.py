"""What a connection can do, with TLS and without."""

from collections.abc import Callable
from typing import Protocol


class Connection(Protocol):
    """What the wire client needs of a connection. Waits end with TimeoutError at the deadline.

    Errors of TLS are `ssl.SSLError`, and `ssl.SSLEOFError` for an end of the file that TLS had not announced.
    """

    stamp_ns: int
    """When the bytes of the last `receive` reached the kernel (or us, by the user-space clock)."""
    lag_ns: int | None
    """How much later the last `receive` saw them."""
    reads_ahead: bool
    """Set while events are awaited: whatever comes is read at once, before anything is looked at."""

    good_until_s: float
    """What came before this reading of `time.monotonic` is in time, although a wait had to end sooner."""

    def give_up_at(self, deadline_s: float) -> None:
        """No wait lasts beyond this reading of `time.monotonic`."""

    def send(self, data: bytes) -> bool:
        """Hand all bytes to the kernel. False when something came before the service took them all."""

    def send_rest(self) -> bool:
        """Go on after a `send` that said False and a `receive`; it ends in the same ways."""

    def receive(self) -> bytes:
        """The next bytes, once there are some; b"" at the end of the file."""

    def converse(self, when_idle: Callable[[], None]) -> None:
        """From here on both sides may speak at any time. The loop calls this when nobody waits for it."""

    def is_stale(self) -> bool:
        """Whether the service has closed the idle connection, or sent something nobody asked for."""

    def reset_on_close(self) -> None:
        """From now on `close` cuts the connection (RST) instead of ending it."""

    def close(self) -> None:
        """Safe to call twice."""
