"""Children that end with their parent, whatever ends it: load must not go on when nobody watches."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


def end_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """From here on the kernel sends this process the signal when its parent has gone; Linux only.

    In a child that is about to begin, it can be its `preexec_fn`.
    """
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, number)


def terminate_with_parent() -> None:
    """The same with SIGTERM, for children that end in order."""
    end_with_parent(signal.SIGTERM)


_libc = ctypes.PyDLL(None)
