"""A kernel timer that can be waited for like a socket; Python has no such thing before 3.13."""

import ctypes
import errno
import os
import time
from functools import cache
from typing import Any

# include/uapi/linux/timerfd.h
TFD_CLOEXEC = os.O_CLOEXEC
TFD_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
TFD_TIMER_ABSTIME = 1
NS_PER_S = 1_000_000_000


class TimeSpec(ctypes.Structure):
    """`struct timespec`."""

    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class TimerSpec(ctypes.Structure):
    """`struct itimerspec`."""

    _fields_ = (("it_interval", TimeSpec), ("it_value", TimeSpec))


class TimerFd:
    """A one-shot timer on CLOCK_REALTIME. Once it has fired it stays readable until it is set again."""

    __slots__ = ("_fd", "_libc", "_pointer", "_value")

    def __init__(self) -> None:
        """Raises OSError where there is no such timer, or no descriptor left."""
        self._libc = _libc()
        self._fd: int = self._libc.timerfd_create(time.CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)
        if self._fd < 0:
            _raise_errno()
        spec = TimerSpec()
        self._value = spec.it_value
        self._pointer = ctypes.byref(spec)

    def fileno(self) -> int:
        """The descriptor; -1 after `close`."""
        return self._fd

    def set(self, due_ns: int) -> None:
        """Fire when the clock reads this, at once if it already does."""
        self._value.tv_sec, self._value.tv_nsec = divmod(due_ns, NS_PER_S)
        if self._libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, self._pointer, None):
            _raise_errno()

    def close(self) -> None:
        """Safe to call twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


@cache
def _libc() -> Any:
    # Not CDLL: that gives the interpreter's lock away around each call, and may get it back late.
    library = ctypes.PyDLL(None, use_errno=True)
    if not hasattr(library, "timerfd_create"):
        raise OSError(errno.ENOSYS, "the C library has no timerfd_create")
    library.timerfd_settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    return library


def _raise_errno() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))
