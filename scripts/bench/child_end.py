"""Children that end with their parent, whatever ends it: most tools here would go on for minutes."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_libc = ctypes.PyDLL(None)


def end_with_parent() -> None:
    """For `preexec_fn`: from here on the kernel kills the child when its parent has gone; Linux only."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
