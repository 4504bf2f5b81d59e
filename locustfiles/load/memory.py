"""How much memory this process has."""

import os
from pathlib import Path

import psutil

from locustfiles.load.kept_file import KeptFile


class Memory:
    """Its resident set."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._pages = KeptFile(proc / "self/statm")

    def rss_bytes(self) -> int | None:
        """None when not even that can be read."""
        words = (self._pages.text() or "").split()
        if len(words) > 1:
            return int(words[1]) * os.sysconf("SC_PAGE_SIZE")
        try:
            rss: int = psutil.Process().memory_info().rss
        except (psutil.Error, OSError):
            return None
        return rss

    def close(self) -> None:
        """Give the file back."""
        self._pages.close()
