"""What run.json says of a run: how it was set up, who wrote it and how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import TypeAdapter, ValidationError

from analysis.errors import RunLogError

# plimsoll.run/1 (0.1.0): the first format.
RUN_SCHEMA = "plimsoll.run/1"

ProcessTable = Callable[[int], int | None]
"""Start of the process with a pid in clock ticks, `None` when there is no such process."""

_PROC = Path("/proc")
_START_FIELD = 22 - 3  # of proc(5) stat, counted from the field behind the name in parentheses


class RunStatus(StrEnum):
    """How far a run came."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    """Ended early by a person or a signal."""
    ABORTED = "aborted"
    """Ended early by a rule, a guard or a fault."""


class StopKind(StrEnum):
    """Why a run ended other than at its profile's end."""

    HAND = "hand"
    SIGNAL = "signal"
    ABORT_RULE = "abort_rule"
    MEMORY_GUARD = "memory_guard"
    LIMIT_FOUND = "limit_found"
    FAULT = "fault"
    TARGET_DOWN = "target_down"


class ClockKind(StrEnum):
    """Where receive stamps come from."""

    KERNEL = "kernel"
    USER = "user"


class RunMode(StrEnum):
    """Whether the load came from this process or from workers."""

    LOCAL = "local"
    MASTER = "master"


class WorkerState(StrEnum):
    """What became of a worker."""

    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Stop:
    """An early end, with one sentence for people."""

    kind: StopKind
    detail: str


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that writes the run directory. Pids are used again, start ticks tell two users apart."""

    pid: int
    start_ticks: int | None

    def alive(self, table: ProcessTable) -> bool:
        """Whether this very process still runs."""
        found = table(self.pid)
        return found is not None and self.start_ticks in (None, found)


@dataclass(frozen=True, slots=True)
class RunWorker:
    """A load-generating process; `index` is what counts and samples name it by."""

    index: int
    id: str
    state: WorkerState


@dataclass(frozen=True, slots=True)
class RunEnvironment:
    """Where the run took place: keys that must match a baseline's, keys that should, and the rest."""

    hard: Mapping[str, Any]
    soft: Mapping[str, Any]
    ignored: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GitState:
    """The checkout that drove the run."""

    commit: str
    dirty: bool


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """How the run asked to be judged; `baseline` is auto, none or a path."""

    baseline: str
    allow_inconclusive: bool


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The content of run.json; the definitions are those of target and profile then, without secrets."""

    schema: Literal["plimsoll.run/1"]
    run_id: str
    status: RunStatus
    stop: Stop | None
    target: str
    profile: str
    target_definition: Mapping[str, Any]
    profile_definition: Mapping[str, Any]
    mix: Mapping[str, float]
    seed: int
    scenario_sha256: str
    start_utc: str
    start_ns: int
    end_utc: str | None
    end_ns: int | None
    slice_s: int
    clock: ClockKind
    mode: RunMode
    writer: Writer
    workers: tuple[RunWorker, ...]
    environment: RunEnvironment
    versions: Mapping[str, str]
    git: GitState | None
    base_url: str
    not_watched: tuple[str, ...]
    judge: JudgeOptions
    uncalibrated: str | None = None
    """Why the run directory holds no calibration."""

    def crashed(self, table: ProcessTable | None = None) -> bool:
        """Whether the run never ended and nobody is left to end it; `table` defaults to this machine's."""
        return self.status is RunStatus.RUNNING and not self.writer.alive(table or start_ticks)

    @property
    def duration_s(self) -> float | None:
        """From t = 0 to the end; `None` for a run that has not ended."""
        return None if self.end_ns is None else (self.end_ns - self.start_ns) / 1e9


def parse_run(text: bytes | str, file: str) -> RunRecord:
    """Read run.json; `RunLogError` names the file and the first thing that is wrong with it."""
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        place = f"{file}: {key}" if key else file
        raise RunLogError(
            f"{place}: a record of schema {RUN_SCHEMA} was wanted, found: {first['msg']};"
            " the run cannot be judged without it"
        ) from error


def start_ticks(pid: int, proc: Path = _PROC) -> int | None:
    """When a process started, in clock ticks since boot; `None` when there is no such process."""
    if not proc.is_dir():
        try:
            return round(psutil.Process(pid).create_time() * 100)
        except psutil.NoSuchProcess:
            return None
    try:
        stat = (proc / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat[stat.rindex(")") + 1 :].split()
    return None if state in ("Z", "X") else int(fields[_START_FIELD - 1])


@cache
def _adapter() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)
