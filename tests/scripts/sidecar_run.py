"""Runs the sidecar in a process of its own and reads its samples."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20.0
Sample = dict[str, Any]

TARGET = """\
base_url = "http://127.0.0.1:{port}"
[endpoints.health]
path = "/health"
[sidecar]
period = "100ms"
{watch}
"""


def target_file(directory: Path, watch: str = "", port: int = 9) -> Path:
    """A target whose `[sidecar]` table holds the given lines."""
    path = directory / "watched.toml"
    path.write_text(TARGET.format(port=port, watch=watch))
    return path


class SidecarRun:
    """A running sidecar; `sample` gives its lines one by one."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._buffer = b""
        self.lines: list[bytes] = []

    def sample(self) -> Sample:
        """The next line, within the deadline."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + DEADLINE_S
        while b"\n" not in self._buffer:
            left_s = deadline - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(left_s, 0.0))
            assert ready, "the sidecar wrote nothing in time"
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, f"the sidecar ended with {self.process.wait()}"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        self.lines.append(line)
        sample: Sample = json.loads(line)
        return sample

    def until(self, is_wanted: Callable[[Sample], bool]) -> Sample:
        """The first sample for which the condition holds, within the deadline."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            sample = self.sample()
            if is_wanted(sample):
                return sample
        raise AssertionError(f"no such sample in time; the last one was {sample}")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send the signal; exit code and standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors.decode()


def sidecar_words(target: Path, *words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "scripts.cli", "sidecar", "--target", str(target), *words]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **(extra or {})}


@contextmanager
def sidecar(target: Path, *words: str, environ: Mapping[str, str] | None = None) -> Iterator[SidecarRun]:
    """A sidecar that prints its samples; it is ended however the block ends."""
    with subprocess.Popen(
        sidecar_words(target, *words),
        cwd=ROOT,
        env=environment(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield SidecarRun(process)
        finally:
            process.kill()
            process.communicate()
