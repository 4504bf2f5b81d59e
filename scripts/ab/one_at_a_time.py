"""Keeps two processes from making the same session at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import UsageError


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Meanwhile nobody else gets in, which is a UsageError; the kernel lets go of it with the process."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"--resume: found a session that another process is making, {folder}; wait for it or stop it"
            ) from None
        yield
    finally:
        os.close(descriptor)
