"""Writes run.json: once when the run starts, once when it has ended."""

import os
from datetime import UTC, datetime
from typing import Any

from analysis.env_template import masked_url
from analysis.environment import read_environment
from analysis.profile import LoadProfile, check_mix, profile_json
from analysis.run_directory import RunDirectory
from analysis.run_environment import with_service
from analysis.run_record import RUN_SCHEMA, RunStatus, Stop, StopKind, start_ticks
from analysis.target import Target, redacted
from locustfiles.load.arguments import Settings
from locustfiles.load.calibration_copy import copy_calibration
from locustfiles.load.provenance import git_state, versions
from locustfiles.load.run_plan import LOCAL, scenario_of
from locustfiles.load.worker_run import usable_url


class RunFile:
    """The content of run.json while it grows."""

    def __init__(
        self, directory: RunDirectory, settings: Settings, target: Target, profile: LoadProfile
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._target = target
        self._profile = profile
        self._content: dict[str, Any] = {}
        self.scenario_sha256 = scenario_of(target, profile, settings.seed)
        self.workers: tuple[str, ...] = ()
        self.clock = "kernel"
        self.shown_url = ""
        self.lost_workers: set[str] = set()
        self.not_watched: list[str] = []

    @property
    def status(self) -> str:
        """The status last written."""
        status: str = self._content.get("status", "running")
        return status

    def write_running(self, start_ns: int, base_url: str, workers: tuple[str, ...]) -> None:
        """Write what is known at the start, with this process as the writer."""
        self.shown_url = self._shown(base_url)
        self.workers = workers
        pid = os.getpid()
        machine = read_environment()
        environment = with_service(machine, self._target, os.environ)
        start_utc = _utc(start_ns)
        self._content = {
            "schema": RUN_SCHEMA,
            "run_id": self._directory.path.name,
            "status": "running",
            "stop": None,
            "target": self._target.name,
            "profile": self._profile.name,
            "target_definition": redacted(self._target),
            "profile_definition": profile_json(self._profile),
            "mix": check_mix(self._profile, self._target),
            "seed": self._settings.seed,
            "scenario_sha256": self.scenario_sha256,
            "start_utc": start_utc,
            "start_ns": start_ns,
            "end_utc": None,
            "end_ns": None,
            "slice_s": self._profile.slice_s,
            "clock": self.clock,
            "mode": "local" if workers == (LOCAL,) else "master",
            "writer": {"pid": pid, "start_ticks": start_ticks(pid)},
            "workers": self._worker_rows(),
            "environment": {
                "hard": environment.hard,
                "soft": environment.soft,
                "ignored": environment.ignored,
            },
            "versions": versions(),
            "git": git_state(),
            "base_url": self.shown_url,
            "not_watched": self.not_watched,
            "judge": {
                "baseline": self._settings.baseline,
                "allow_inconclusive": self._settings.allow_inconclusive,
            },
        }
        self._directory.write_run(self._content)
        self._content["uncalibrated"] = copy_calibration(self._directory, machine, start_utc, os.environ)

    def write_start(self, start_ns: int) -> None:
        """Move t = 0 to where it came to be."""
        self._content |= {
            "start_utc": _utc(start_ns),
            "start_ns": start_ns,
            "not_watched": self.not_watched,
        }
        self._directory.write_run(self._content)

    def write_ended(self, reason: Stop | None, end_ns: int) -> None:
        """Write the final state."""
        self._content |= {
            "status": status_of(reason).value,
            "stop": None if reason is None else {"kind": reason.kind.value, "detail": reason.detail},
            "end_utc": _utc(end_ns),
            "end_ns": end_ns,
            "clock": self.clock,
            "workers": self._worker_rows(),
            "not_watched": self.not_watched,
        }
        self._directory.write_run(self._content)

    def _shown(self, base_url: str) -> str:
        """The target's own URL as its file spells it: a variable in it may be a secret."""
        target = self._target
        is_own = self._settings.base_url is None and base_url == usable_url(target, None, os.environ)
        return masked_url(target.base_url) if is_own else base_url

    def _worker_rows(self) -> list[dict[str, Any]]:
        return [
            {"index": index, "id": name, "state": "lost" if name in self.lost_workers else "ready"}
            for index, name in enumerate(self.workers)
        ]


def status_of(reason: Stop | None) -> RunStatus:
    """The status of a run that has ended; None stands for the profile's own end."""
    if reason is None or reason.kind is StopKind.LIMIT_FOUND:
        return RunStatus.COMPLETE
    by_hand = reason.kind in (StopKind.HAND, StopKind.SIGNAL)
    return RunStatus.STOPPED if by_hand else RunStatus.ABORTED


def _utc(stamp_ns: int) -> str:
    return (
        datetime.fromtimestamp(stamp_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
