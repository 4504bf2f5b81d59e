"""Children that end with their parent, whatever ends it: load must not go on when nobody watches."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_KEEPER = (
    'read -r _; kill -TERM "-$1"; '
    'for _ in $(seq "$2"); do sleep 1; kill -0 "-$1" || exit 0; done; kill -KILL "-$1"'
)
"""Waits for the end of its input, which comes when the process that holds the other side is gone."""


def end_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """From here on the kernel sends this process the signal when its parent has gone; Linux only.

    In a child that is about to begin, it can be its `preexec_fn`.
    """
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, number)


def terminate_with_parent() -> None:
    """The same with SIGTERM, for children that end in order."""
    end_with_parent(signal.SIGTERM)


@contextmanager
def group_ends_with_parent(group: int, limit_s: int) -> Iterator[None]:
    """Inside the block the process group ends when this process has gone: by SIGTERM, later by SIGKILL.

    That reaches what a start script has started in turn, which `end_with_parent` does not.
    """
    with subprocess.Popen(  # noqa: S603 -- a script of our own and two numbers
        ["/bin/sh", "-c", _KEEPER, "keeper", str(group), str(limit_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as keeper:
        try:
            yield
        finally:
            keeper.kill()


_libc = ctypes.PyDLL(None)
