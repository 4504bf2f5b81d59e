"""Servers as processes of their own, which the kernel ends with whoever started them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.child_end import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Listening:
    port: int
    pid: int


@contextmanager
def module_server(module: str, *words: str) -> Iterator[Listening]:
    """One of our modules, which prints its port; gone afterwards, whatever happens.

    Linux takes the thread that started it for its parent: that must be one that lasts.
    """
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"{module} did not start"
            yield Listening(int(line), process.pid)
        finally:
            process.kill()


def started(
    command: Sequence[str], log: Path, environ: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Any other program, with all that it says in the log; for its parent see `module_server`."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            preexec_fn=end_with_parent,
        )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it and wait until it is gone."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
