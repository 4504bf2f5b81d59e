"""Runs Locust as users do, in a process of its own, and reads what it left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.counts import Counts
from analysis.run_log import RunLog
from scripts.child_end import terminate_with_parent

ROOT = Path(__file__).resolve().parents[2]
RAG = ROOT / "locustfiles" / "rag.py"
LIMIT_S = 120.0

PROFILE = """
model = "{model}"
mix = {{ query = 6, stream = 3, health = 1 }}
drain = "{drain}"
{more}
[[stages]]
name = "warm-up"
duration = "1s"
level = {level}
measure = false
[[stages]]
name = "steady"
duration = "{steady}"
level = {level}
"""


def write_profile(
    folder: Path,
    *,
    model: str = "closed",
    level: int = 6,
    steady: str = "2s",
    drain: str = "10s",
    more: str = 'think = "0.02s"',
) -> Path:
    """A short profile; the folder's name keeps several apart."""
    path = folder / f"{model}.toml"
    path.write_text(PROFILE.format(model=model, level=level, steady=steady, drain=drain, more=more))
    return path


def write_target(folder: Path, url: str, questions: Sequence[str] = ()) -> Path:
    """A target with the endpoint `query` alone, which asks these questions if there are any."""
    path = folder / "targets" / "lone.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f'base_url = "{url}"\n[endpoints.query]\npath = "/query"\n'
    if questions:
        file = folder / "questions" / "lone.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(json.dumps({"question": question}) + "\n" for question in questions))
        text += 'body = { question = "{question}" }\n[questions]\nfile = "questions/lone.jsonl"\n'
    else:
        text += 'method = "GET"\n'
    path.write_text(text)
    return path


@dataclass(frozen=True, slots=True)
class Finished:
    """A Locust process that has ended."""

    code: int
    output: str
    directory: Path | None

    @property
    def log(self) -> RunLog:
        """The run directory, read."""
        assert self.directory is not None, self.output
        return RunLog.read(self.directory)

    def totals(self) -> Mapping[str, Counts]:
        """Counts of the whole run by endpoint; conservation is checked on the way."""
        totals = self.log.totals()
        for endpoint, counts in totals.items():
            assert counts.imbalance() is None, endpoint
        return totals


class LoadRun:
    """A running Locust process; use it as a context manager, so that nothing stays behind."""

    def __init__(
        self,
        run_root: Path,
        words: Sequence[str],
        *,
        locustfile: Path = RAG,
        environ: Mapping[str, str] | None = None,
        headless: bool = True,
        judged: bool = False,
        launcher: Sequence[str] = (),
    ) -> None:
        self._run_root = run_root
        command = [*launcher, sys.executable, "-m", "locust", "-f", str(locustfile)]
        command += ["--headless"] if headless else []
        environment = {**os.environ, "PLIMSOLL_RUN_DIRECTORY": str(run_root), **(environ or {})}
        if not judged:
            environment["PLIMSOLL_JUDGE"] = "off"
        self._log = run_root.with_suffix(".log")
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=ROOT,
                process_group=0,
                preexec_fn=terminate_with_parent,
            )

    def __enter__(self) -> "LoadRun":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def directories(self) -> list[Path]:
        """All run directories so far, in the order of time."""
        return sorted(self._run_root.glob("*Z-*")) if self._run_root.is_dir() else []

    @property
    def directory(self) -> Path | None:
        """The run directory, once it exists."""
        found = self.directories()
        return found[-1] if found else None

    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace")

    def wait_until(self, condition: Callable[[], bool], what: str, limit_s: float = 60.0) -> None:
        """Poll until the condition holds; fails with the output when it never does."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if self.process.poll() is not None:
                break
            assert time.monotonic() < deadline, f"{what} did not come\n{self.output()}"
            time.sleep(0.05)
        assert condition(), f"Locust ended before {what}\n{self.output()}"

    def wait_for_requests(self, wanted: int = 1) -> None:
        """Until the log has counted so many started requests."""
        self.wait_until(lambda: self.started() >= wanted, f"{wanted} requests")

    def started(self) -> int:
        """Started requests in the log so far."""
        directory = self.directory
        if directory is None or not (directory / "counts.jsonl").exists():
            return 0
        return sum(counts.started for counts in RunLog.read(directory).totals().values())

    def finish(self, limit_s: float = LIMIT_S) -> Finished:
        """Wait for the end."""
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"Locust did not end\n{self.output()}") from None
        return Finished(code, self.output(), self.directory)


def run_load(
    run_root: Path, *words: str, environ: Mapping[str, str] | None = None, judged: bool = False
) -> Finished:
    """A whole headless run."""
    with LoadRun(run_root, words, environ=environ, judged=judged) as run:
        return run.finish()


@contextmanager
def worker(port: int, environ: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A Locust worker of the master at this port, started by hand."""
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(RAG), "--worker", "--master-port", str(port)],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
