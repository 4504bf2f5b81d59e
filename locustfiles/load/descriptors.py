"""How many files and sockets this process has open."""

import resource
import time
from pathlib import Path

LOOK_S = 10.0


class Descriptors:
    """Linux 6.2 and later tell the number at once; elsewhere it is counted, and so only now and then."""

    def __init__(self, folder: Path = Path("/proc/self/fd")) -> None:
        self._folder = folder
        self._counted: int | None = None
        self._counted_s = -LOOK_S

    @property
    def limit(self) -> int | None:
        """How many are allowed; None: any number."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return None if soft == resource.RLIM_INFINITY else soft

    def used(self) -> int | None:
        """Now, or up to ten seconds ago."""
        try:
            told = self._folder.stat().st_size
            return told or self._count()
        except OSError:
            return None

    def _count(self) -> int:
        """Takes a millisecond for every two thousand."""
        now_s = time.monotonic()
        if self._counted is None or now_s - self._counted_s >= LOOK_S:
            self._counted = sum(1 for _ in self._folder.iterdir())
            self._counted_s = now_s
        return self._counted
