"""Waits for the next tick and ends early on a signal, a reader that is gone or the parent's end."""

import os
import select
import signal
import time
from enum import StrEnum
from types import FrameType, TracebackType

from scripts.sidecar.sink import Sink
from scripts.sidecar.tick import NS_PER_S

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PARENT_CHECK_S = 1.0


class Ending(StrEnum):
    """Why the sampling ends before its time."""

    SIGNAL = "signal"
    READER_GONE = "reader gone"
    PARENT_GONE = "parent gone"


class Alarm:
    """Signals arrive through a pipe, so that none is lost between two checks."""

    def __init__(self, sink: Sink) -> None:
        self._parent = os.getppid()
        self._read_end, self._write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._read_end, select.POLLIN)
        sink.watch(self._poll)

    def __enter__(self) -> "Alarm":
        wanted = [*_STOP_SIGNALS]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
            wanted.append(signal.SIGHUP)
        self._handlers = {number: signal.signal(number, self._noted) for number in wanted}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._poll.unregister(self._read_end)
        os.close(self._read_end)
        os.close(self._write_end)

    def wait_until(self, due_ns: int) -> Ending | None:
        """Sleep until a monotonic time; the reason to end instead, if one comes up."""
        while True:
            left_s = (due_ns - time.monotonic_ns()) / NS_PER_S
            # Milliseconds are rounded up: a poll that ends too early would spin until the tick.
            timeout_ms = -int(-min(max(left_s, 0.0), _PARENT_CHECK_S) * 1000.0 // 1)
            for descriptor, _ in self._poll.poll(timeout_ms):
                return Ending.SIGNAL if descriptor == self._read_end else Ending.READER_GONE
            if os.getppid() != self._parent:
                return Ending.PARENT_GONE
            if time.monotonic_ns() >= due_ns:
                return None

    def _noted(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the handler's signature
        os.write(self._write_end, bytes([number]))
