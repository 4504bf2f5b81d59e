"""A file of the kernel's that is read over and over."""

import os
from pathlib import Path

READ_BYTES = 65_536


class KeptFile:
    """Open from the start, so that it can be read when this process has no descriptor left for anything."""

    __slots__ = ("_fd",)

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._fd = -1

    def text(self) -> str | None:
        """As it is now, at most 64 KiB of it; None when there is no such file, or no right to read it."""
        if self._fd < 0:
            return None
        try:
            return os.pread(self._fd, READ_BYTES, 0).decode(errors="replace")
        except OSError:
            return None

    def close(self) -> None:
        """Safe to call twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
