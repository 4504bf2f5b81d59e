"""Clock readings and kernel receive stamps, all in nanoseconds on CLOCK_REALTIME."""

import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

# include/uapi/asm-generic/socket.h; the socket module names it only from Python 3.14 on.
SO_TIMESTAMPNS = 35
STAMP = struct.Struct("@ll")  # struct __kernel_old_timespec
STAMP_BYTES = STAMP.size
unpack = STAMP.unpack
SOL_SOCKET = int(socket.SOL_SOCKET)  # an enum's comparison is Python code
ANCILLARY_BYTES = socket.CMSG_SPACE(STAMP.size) if hasattr(socket, "CMSG_SPACE") else 0
STEP_NS = 1_000_000
PROBE_S = 2.0
"""A busy kernel may take longer than 50 ms to turn stamping on."""

now_ns = time.time_ns
"""CLOCK_REALTIME: the clock of the kernel's receive stamps, so sends are stamped by it as well."""

monotonic_ns = time.monotonic_ns


def stamp_of(ancillary: Sequence[tuple[int, int, bytes]]) -> int | None:
    """The kernel's receive time of the last segment that a `recvmsg` returned."""
    for level, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS and level == SOL_SOCKET and len(data) == STAMP_BYTES:
            seconds: int
            nanoseconds: int
            seconds, nanoseconds = unpack(data)
            return seconds * 1_000_000_000 + nanoseconds
    return None


@cache
def kernel_stamps_work() -> bool:
    """Whether this kernel stamps received TCP segments; tried once per process on loopback.

    The kernel stamps nothing until some socket asks for it, and turns stamping on with a delay. One asking
    socket is therefore left open: without it the first answers on each new connection would carry no stamp.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        keeper.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    keeper.detach()
    return _probe()


def _probe() -> bool:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            client.settimeout(1.0)
            client.connect(server.getsockname())
            peer, _ = server.accept()
            end_s = time.monotonic() + PROBE_S
            with peer:
                while time.monotonic() < end_s:
                    peer.sendall(b"?")
                    _, ancillary, _, _ = client.recvmsg(1, ANCILLARY_BYTES)
                    if stamp_of(ancillary) is not None:
                        return True
                    time.sleep(0.001)
    except OSError:
        return False
    return False


@dataclass(slots=True)
class ClockWatch:
    """Watches the offset between CLOCK_REALTIME and the monotonic clock for steps."""

    offset_ns: int | None = None

    def step_us(self) -> int | None:
        """The step in us since the last call when it is larger than 1 ms, else None. Call it once a second.

        Slewing (at most 500 us a second) stays below the limit.
        """
        offset_ns = _offset_ns()
        before_ns, self.offset_ns = self.offset_ns, offset_ns
        if before_ns is None or abs(offset_ns - before_ns) <= STEP_NS:
            return None
        return (offset_ns - before_ns) // 1000


def _offset_ns() -> int:
    """Of several bracketed readings the tightest, so that a preempted process sees no step."""
    best_width_ns, best_offset_ns = sys.maxsize, 0
    for _ in range(5):
        before_ns = time.monotonic_ns()
        real_ns = time.time_ns()
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < best_width_ns:
            best_width_ns = after_ns - before_ns
            best_offset_ns = real_ns - (before_ns + after_ns) // 2
    return best_offset_ns
