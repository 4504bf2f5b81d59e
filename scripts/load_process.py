"""One Locust process that runs the load test once: its start, its signals, its log and its run directory."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread, current_thread, main_thread
from types import FrameType
from typing import IO

from analysis.run_directory import make_run_root
from scripts.checkout import LOCUSTFILE
from scripts.child_end import terminate_with_parent

COMPLAINT = "plimsoll: "
"""How the suite begins the line that says why it ends before a run; whoever started it passes that on."""

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POLL_S = 0.1
_START_SETTLED_NS = 2_000_000_000
_STOP_LIMIT_S = 30.0
# Locust's own log format: "[time] host/LEVEL/logger: message"
_LOG_LINE = re.compile(r"^\[[^\]]*\] [^/\s]*/(?P<level>[A-Z]+)/[^:]*: (?P<message>.*)$")


@dataclass(frozen=True, slots=True)
class Order:
    """What one Locust process is asked to do."""

    target: str
    profile: str
    run_root: Path
    seed: int | None = None
    base_url: str | None = None
    processes: int | None = None
    baseline: str | None = None
    allow_inconclusive: bool = False
    locust_args: tuple[str, ...] = ()
    locustfile: Path = LOCUSTFILE

    def command(self) -> list[str]:
        words = [sys.executable, "-P", "-m", "locust", "-f", str(self.locustfile), "--headless"]
        words += ["--target", self.target, "--load-profile", self.profile]
        words += ["--run-directory", str(self.run_root)]
        for flag, value in (
            ("--seed", self.seed),
            ("--host", self.base_url),
            ("--processes", self.processes),
            ("--baseline", self.baseline),
        ):
            if value is not None:
                words += [flag, str(value)]
        if self.allow_inconclusive:
            words.append("--allow-inconclusive")
        return [*words, *self.locust_args]


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended; no directory means that the run never began."""

    exit_code: int
    directory: Path | None
    log: Path
    stopped_by: str | None
    last_words: str


class LoadProcess:
    """Runs an order to its end; `look` is called about ten times a second with the run's seconds so far."""

    def __init__(self, order: Order, environment: Mapping[str, str], note: Callable[[str], None]) -> None:
        self._order = order
        self._environment = environment
        self._output = _Output(order.run_root / f".locust-{os.getpid()}-{time.time_ns()}.log", note)
        self._signals: list[signal.Signals] = []

    def run(self, look: Callable[[float], None]) -> Ended:
        make_run_root(self._order.run_root, "--run-root")
        before = set(self._order.run_root.iterdir())
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter and locustfile, no shell
            self._order.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(self._environment),
            text=True,
            errors="replace",
            preexec_fn=terminate_with_parent,
            process_group=0,  # a Ctrl-C in the terminal reaches this process alone, which passes it on once
        )
        readers = [
            Thread(target=self._output.read, args=(stream,), daemon=True)
            for stream in (process.stdout, process.stderr)
            if stream is not None
        ]
        for reader in readers:
            reader.start()
        directory: Path | None = None
        start_ns = 0
        try:
            with self._signals_to(process):
                while process.poll() is None:
                    # the start is written again once the target was checked
                    if start_ns + _START_SETTLED_NS > time.time_ns() or directory is None:
                        found = _find_run(self._order.run_root, before, process.pid)
                        directory, start_ns = found or (directory, start_ns)
                    if directory is not None:
                        look((time.time_ns() - start_ns) / 1e9)
                    time.sleep(_POLL_S)
        finally:
            _end_group(process)
            for reader in readers:
                reader.join(timeout=5)
            self._output.close()
        if directory is None and (found := _find_run(self._order.run_root, before, process.pid)):
            directory = found[0]
        return Ended(
            exit_code=process.returncode,
            directory=directory,
            log=self._output.keep(directory),
            stopped_by=self._signals[0].name if self._signals else None,
            last_words=self._output.last_words,
        )

    @contextmanager
    def _signals_to(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Passes the first signal on as it is, asks again with SIGTERM, and kills at the third."""

        def pass_on(number: int, _frame: FrameType | None) -> None:
            self._signals.append(signal.Signals(number))
            again = len(self._signals)
            wanted = number if again == 1 else signal.SIGTERM if again == 2 else signal.SIGKILL
            if process.poll() is None:
                process.send_signal(wanted)

        if current_thread() is not main_thread():
            yield
            return
        previous = {number: signal.signal(number, pass_on) for number in _FORWARDED}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


class _Output:
    """Keeps all that Locust prints in a log; passes on its warnings."""

    def __init__(self, path: Path, note: Callable[[str], None]) -> None:
        self._path = path
        self._note = note
        self._lock = Lock()
        self._file: IO[str] | None = None
        self.last_words = ""

    def read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._take(line.rstrip("\n"))

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def keep(self, directory: Path | None) -> Path:
        """Moves the log beside the run that it tells of."""
        if directory is None or not self._path.exists():
            return self._path
        try:
            return self._path.rename(directory / "locust.log")
        except OSError:
            return self._path

    def _take(self, line: str) -> None:
        with self._lock:
            self._write(line)
            if line.strip() and not self.last_words.startswith(COMPLAINT):
                self.last_words = line.strip()
        match = _LOG_LINE.match(line)
        if match and match["level"] in ("WARNING", "ERROR", "CRITICAL"):
            self._note(f"locust {match['level'].lower()}: {match['message']}")

    def _write(self, line: str) -> None:
        try:
            if self._file is None:
                self._file = self._path.open("a", encoding="utf-8")
            self._file.write(line + "\n")
            self._file.flush()
        except (OSError, ValueError):
            return  # a full disk must not stop the reader: Locust would block on its pipe


def _find_run(run_root: Path, before: set[Path], pid: int) -> tuple[Path, int] | None:
    """The new run directory that the process with this pid writes, and when its clock started."""
    for path in sorted(set(run_root.iterdir()) - before):
        try:
            run = json.loads((path / "run.json").read_text())
            if run["writer"]["pid"] == pid:
                return path, int(run["start_ns"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _end_group(process: subprocess.Popen[str]) -> None:
    """Leaves nothing of this run behind, forked workers included."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
