"""One run as the master sees it: its directory, its log, what is watched beside it, and how it ends."""

from locust.env import Environment
from locust.log import greenlet_exception_logger
from locust.runners import STATE_MISSING, MasterRunner

import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import gevent

from analysis.errors import RunLogError, TargetDownError
from analysis.event import EventKind
from analysis.profile import LoadProfile
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from analysis.run_record import RunStatus, Stop, StopKind
from analysis.sample import parse_sample
from analysis.target import Target
from locustfiles.load.abort_watch import AbortWatch
from locustfiles.load.arguments import Settings
from locustfiles.load.capacity_hunt import CapacityHunt, hunt_for
from locustfiles.load.child import Child
from locustfiles.load.exemplar_log import ExemplarLog
from locustfiles.load.health_board import HealthBoard
from locustfiles.load.reference_service import answers
from locustfiles.load.run_file import RunFile
from locustfiles.load.run_plan import RunPlan
from locustfiles.load.sample_watch import SampleWatch
from locustfiles.load.settling import Settling
from locustfiles.load.sidecar_child import SidecarChild
from locustfiles.load.slice_clock import NS_PER_S
from locustfiles.load.stamp import now_ns
from locustfiles.load.stock_statistics import prune

logger = logging.getLogger(__name__)

LEAD_S = 1.0
"""Between the decision to start and t = 0, so that every worker is ready when the first request is due."""


class LiveRun:
    """Exists in the local runner or the master only, from test start to the end of judging."""

    def __init__(
        self, environment: Environment, settings: Settings, target: Target, profile: LoadProfile
    ) -> None:
        self.environment = environment
        self.settings = settings
        self.target = target
        self.profile = profile
        self.started = False
        self.over = False
        self.stop_reason: Stop | None = None
        self.plan: RunPlan | None = None
        self.board: HealthBoard | None = None
        self._start_ns = 0
        self._stage: str | None = None
        self._exemplars = ExemplarLog(self.event)
        self._sidecar: SidecarChild | None = None
        self.directory = RunDirectory.create(
            Path(settings.run_directory), target.name, profile.name, now_ns()
        )
        self._file = RunFile(self.directory, settings, target, profile)
        self._abort = AbortWatch(profile.abort, profile.slice_s)
        self._settling = None if target.leak is None else Settling(target.leak)
        self._hunt: CapacityHunt | None = None
        self._faults: set[str] = set()
        self._drained = False

    def begin(self, base_url: str, workers: tuple[str, ...]) -> None:
        """Write run.json, before anything can take long or fail."""
        self._start_ns = now_ns() + round(LEAD_S * NS_PER_S)
        self._file.write_running(self._start_ns, base_url, workers)
        self._log.append_event("run_started", target=self.target.name, profile=self.profile.name)

    def open(self, base_url: str, service: Child | None) -> RunPlan:
        """Check the target, start the sidecar, set t = 0. Blocks for a second or two.

        Raises TargetDownError when nothing answers; the run directory then says so.
        """
        if not answers(base_url):
            raise TargetDownError(
                f"nothing answers at {self._file.shown_url}: start the service, or correct its base URL"
            )
        self._samples = SampleWatch(self.target.sidecar, self._log.append_event, self.stop)
        self._sidecar = SidecarChild(self.settings, self.target, service, self._take_sample_line, self.event)
        if self._sidecar.not_watched is not None:
            self._file.not_watched.append(self._sidecar.not_watched)
        elif self._settling is not None:
            self._settling.wait_for_level()
        self._start_ns = now_ns() + round(LEAD_S * NS_PER_S)
        self._log.start_ns = self._start_ns
        self._file.write_start(self._start_ns)
        self.plan = RunPlan(
            run_id=self.directory.path.name,
            target=self.settings.target,
            profile=self.settings.load_profile,
            base_url=self.settings.base_url or "",
            seed=self.settings.seed,
            start_ns=self._start_ns,
            scenario_sha256=self._file.scenario_sha256,
            workers=self._file.workers,
        )
        self._hunt = hunt_for(self.profile, self.target, self.plan, self.environment.runner, self.event)
        if self.environment.web_ui is not None:
            self.board = HealthBoard(self.profile, self._start_ns)
        self._watcher = gevent.spawn(self._watch)
        self._watcher.link_exception(greenlet_exception_logger(logger))
        self.started = True
        return self.plan

    @cached_property
    def _log(self) -> RunLogWriter:
        """Made at its first use, so that run.json is the first file of a run."""
        return RunLogWriter(self.directory, self._start_ns, self.profile.slice_s)

    def elapsed_s(self) -> float:
        """Seconds on the run's time axis; negative before t = 0."""
        return (now_ns() - self._start_ns) / NS_PER_S

    def note_stage(self, elapsed_s: float) -> None:
        """Log the stage when it changes."""
        stage = self.profile.stage_at(max(0.0, elapsed_s))
        if stage is not None and stage.name != self._stage:
            self._stage = stage.name
            self.event("stage", name=stage.name, level=stage.level)

    def event(self, kind: str, **fields: Any) -> None:
        """Append to events.jsonl."""
        self._log.append_event(kind, **fields)

    def take_report(self, worker: int, report: Mapping[str, Any]) -> None:
        """Append what one worker recorded since its last report."""
        rows = report["rows"]
        self._abort.take(rows)
        if self._hunt is not None:
            self._hunt.take(worker, report, self.elapsed_s())
        counts = []
        for row in rows:
            slice_number, endpoint = row["slice"], row["endpoint"]
            encoded = {f"{endpoint}.{metric}": text for metric, text in row["histograms"].items()}
            if encoded:
                self._log.append_histograms(slice_number, encoded)
            if row["counts"]:
                counts.append(
                    {"slice": slice_number, "worker": worker, "endpoint": endpoint, **row["counts"]}
                )
            self._exemplars.take(endpoint, row["exemplars"])
        if counts:
            self._log.append_counts(counts)
        sample = report.get("sample")
        if sample:
            self._log.append_sample({**sample, "worker": worker})
            if "clock_step_us" in sample:
                self.event("clock_step", step_us=sample["clock_step_us"], worker=worker)
        if report.get("clock") == "user":
            self._file.clock = "user"
        if self.board is not None:
            self.board.take(worker, report)

    def worker_lost(self, client_id: str) -> None:
        """A worker went away before the end; what it had not reported is gone."""
        worker = self.index_of(client_id)
        if worker is None or client_id in self._file.lost_workers:
            return
        self.event("worker_lost", worker=worker)
        self._file.lost_workers.add(client_id)
        logger.error("Worker %d was lost: the run is invalid", worker)

    @property
    def workers(self) -> tuple[int, int]:
        """How many take part, and how many of them were lost."""
        return len(self._file.workers), len(self._file.lost_workers)

    def index_of(self, client_id: str) -> int | None:
        """A worker's index in this run; None for one that came later."""
        workers = self._file.workers
        return workers.index(client_id) if client_id in workers else None

    def fault(self, detail: str) -> None:
        """Something of ours went wrong: the run goes on being recorded but cannot pass."""
        if detail not in self._faults:
            self._faults.add(detail)
            self.event("listener_error", detail=detail)

    def stop(self, kind: str, detail: str) -> None:
        """End the run early; the first reason counts."""
        if self.over:
            return
        if kind == StopKind.ABORT_RULE and self.profile.finds_limit:
            kind = StopKind.LIMIT_FOUND
        self.stop_reason = Stop(StopKind(kind), detail)
        self.over = True
        logger.warning("Stopping the run: %s", detail)
        # Two that stop Locust at once stop each user twice, which it takes for an error: a running shape does
        # it within a second, and for a signal without a shape Locust's own handler.
        runner = self.environment.runner
        if runner is not None and runner.shape_greenlet is None and kind != StopKind.SIGNAL:
            gevent.spawn(self._end_locust)

    def end(self, reason: Stop | None) -> None:
        """Log that the load is over and the drain begins; `reason` is None at the profile's own end.

        Only the first call counts: Locust may come here once for each of its ways to stop.
        """
        if self._drained:
            return
        self._drained = True
        if self.stop_reason is None:
            self.stop_reason = reason
        self.over = True
        self.event("drain")

    def close(self) -> None:
        """Stop what runs beside the load and write the final run.json. Call it once."""
        if self.board is not None:
            self.board.end()
        if self.started:
            self._watcher.kill(block=False)
            self._settle()
        if self._sidecar is not None:
            self._sidecar.stop()
        if self._log.fault is not None:
            self.event("disk_full", file=self._log.fault.partition(":")[0])
            self.stop_reason = self.stop_reason or Stop(StopKind.FAULT, self._log.fault)
        try:
            self._file.write_ended(self.stop_reason, now_ns())
        except RunLogError as error:
            logger.error("%s", error)  # noqa: TRY400 - one line for people; the judge sees a run without an end
        self._log.append_ended(self._file.status)
        self._log.close()

    @property
    def status(self) -> str:
        """The status in run.json."""
        return self._file.status

    @property
    def ended_well(self) -> bool:
        """Whether the run went to a normal end; the judge may still find it invalid."""
        reason = self.stop_reason
        by_hand = reason is not None and reason.kind is StopKind.HAND and not self.profile.stages
        return self.started and (self.status == RunStatus.COMPLETE or by_hand)

    def _settle(self) -> None:
        """Give the service time to let go of what it holds, and log what it kept."""
        settling, sidecar = self._settling, self._sidecar
        if settling is not None and sidecar is not None and sidecar.not_watched is None:
            told = settling.settle()
            if told is not None:
                self.event(EventKind.SETTLED, **told)

    def _watch(self) -> None:
        while True:
            gevent.sleep(0.5)
            if self._log.fault is not None:
                self.stop("fault", self._log.fault)
            self._look_for_lost_workers()
            prune(self.environment.stats, now_ns() // NS_PER_S)
            breach = self._abort.breach(int(self.elapsed_s() // self.profile.slice_s))
            if self._hunt is not None and not self.over:
                found = self._hunt.go_on(self.elapsed_s(), None if breach is None else str(breach))
                if found is not None:
                    self.stop(StopKind.LIMIT_FOUND, found.text)
            elif breach is not None and not self.over:
                self.event("abort", rule=str(breach), value=breach.value, limit=breach.rule.above)
                self.stop("abort_rule", str(breach))

    def _look_for_lost_workers(self) -> None:
        runner = self.environment.runner
        if self.over or not isinstance(runner, MasterRunner):
            return
        for client_id in self._file.workers:
            client = runner.clients.get(client_id)
            if client is None or client.state == STATE_MISSING:
                self.worker_lost(client_id)

    def _end_locust(self) -> None:
        runner = self.environment.runner
        if runner is None:
            return
        if self.settings.headless:
            runner.quit()
        else:
            runner.stop()

    def _take_sample_line(self, line: bytes) -> None:
        try:
            sample = parse_sample(line)
        except ValueError:
            self.event("sidecar_error", detail="a line that is no sample")
            return
        self._log.append_sample(sample)
        self._samples.take(sample)
        if self._settling is not None:
            self._settling.take(sample)
