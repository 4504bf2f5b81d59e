"""A program that keeps one core busy: `python -m tests.servers.hog CORE SECONDS`."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.child_end import end_with_parent
from tests.servers.process import ROOT


@contextmanager
def hog(core: int, limit_s: float) -> Iterator[int]:
    """Its pid; gone at the end of the block, whatever happens there, and by itself after the limit."""
    command = [sys.executable, "-m", "tests.servers.hog", str(core), str(limit_s)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def main() -> None:
    core, limit_s = int(sys.argv[1]), float(sys.argv[2])
    os.sched_setaffinity(0, {core})
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        pass


if __name__ == "__main__":
    main()
