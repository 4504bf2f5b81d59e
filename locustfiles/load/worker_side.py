"""What every process that generates load does: start its part of a run, report each slice, drain."""

import locust.log
import locust.runners
from locust.env import Environment
from locust.log import greenlet_exception_logger
from locust.runners import WorkerRunner

import logging
import re
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import Semaphore

from analysis.capacity_step import Step
from analysis.errors import PlimsollError
from locustfiles.load.book import JsonRow
from locustfiles.load.generator_probe import GeneratorProbe
from locustfiles.load.messages import DRAINED, REPORT_KEY
from locustfiles.load.request_event import OURS
from locustfiles.load.run_plan import LOCAL, RunPlan
from locustfiles.load.slice_clock import NS_PER_S
from locustfiles.load.stamp import now_ns
from locustfiles.load.stock_request import stock_failure
from locustfiles.load.worker_run import WorkerRun

logger = logging.getLogger(__name__)

Report = dict[str, Any]

FOLD_PERIOD_S = 0.5
"""How far Locust's own statistics may lag behind."""
PAUSE_S = 0.001
UNSAFE_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


class WorkerSide:
    """In a local run this sits beside the master's side and hands its reports over directly."""

    def __init__(self, environment: Environment, deliver: Callable[[Report], None] | None) -> None:
        """`deliver` takes the reports of a local run; remote workers have none and send theirs."""
        self._environment = environment
        self._deliver = deliver
        self._run: WorkerRun | None = None
        self._probe: GeneratorProbe | None = None
        self._flusher: gevent.Greenlet | None = None
        self._ended = Event()
        self._reporting = Semaphore()
        self._folder: gevent.Greenlet | None = None
        self._clock_is_user = False
        self._refusal: Report | None = None

    def on_test_start(self, **_: Any) -> None:
        """Make this process's part of the run that the master has planned."""
        self._end_probe()
        WorkerRun.unbind(self._environment)
        self._run = self._refusal = None
        text = getattr(self._environment.parsed_options, "plimsoll_plan", "")
        if not text:
            return
        if self._deliver is None:
            locust.log.unhandled_greenlet_exception = False
        plan = RunPlan.from_text(text)
        client_id = LOCAL if self._deliver is not None else getattr(self._environment.runner, "client_id", "")
        if client_id not in plan.workers:
            logger.warning("This worker came after the start of %s and takes no part in it", plan.run_id)
            return
        try:
            run = WorkerRun(self._environment, plan, plan.workers.index(client_id))
        except (PlimsollError, OSError, ValueError) as error:
            self._refuse(plan, f"worker {plan.workers.index(client_id)} could not begin: {error}")
            return
        run.bind(self._environment)
        self._run = run
        self._clock_is_user = run.clock != "kernel"
        self._probe = GeneratorProbe(self._environment, run.recorder, run.base_url)
        self._folder = gevent.spawn(self._fold, run)
        self._folder.link_exception(greenlet_exception_logger(logger))
        if self._deliver is None:
            locust.runners.WORKER_REPORT_INTERVAL = float(run.profile.slice_s)
        else:
            self._ended = Event()
            self._flusher = gevent.spawn(self._flush, run, self._deliver, self._ended)
            self._flusher.link_exception(greenlet_exception_logger(logger))

    def on_test_stopping(self, **_: Any) -> None:
        """From here on nothing new is sent.

        Locust kills waiting users a moment after it has decided to: one that wakes in between must not ask.
        """
        if self._run is not None:
            self._run.draining = True

    def on_test_stop(self, **_: Any) -> None:
        """Hand over what the last slices hold; a remote worker does so in its next report."""
        if self._flusher is not None:
            self._ended.set()
            self._flusher.join()  # it may be in the middle of a slice, which nobody else has any more
            self._flusher = None
        if self._folder is not None:
            self._folder.kill()
            self._folder = None
        if self._run is not None:
            self._run.recorder.fold()
        if self._deliver is not None and (report := self.report()) is not None:
            self._deliver(report)
        self._end_probe()

    def report(self, pause: Callable[[], None] | None = None) -> Report | None:
        """Everything since the last report; None outside a run. `pause` lets the load go on in between."""
        run = self._run
        if run is None:
            return self._refusal
        with self._reporting:  # what one has taken it must send before the next one says that all is sent
            return self._told(run, run.recorder.report(pause))

    def _told(self, run: WorkerRun, rows: list[JsonRow], *, last: bool = True) -> Report:
        listener_failed = bool(locust.log.unhandled_greenlet_exception)
        return {
            "run_id": run.plan.run_id,
            "rows": rows,
            "sample": self._probe.reading() if last and self._probe is not None else None,
            "clock": "user" if self._clock_is_user else "kernel",
            "fault": run.recorder.fault
            or ("a listener or greenlet raised; see the log" if listener_failed else None),
            "never_began": False,
        }

    def _refuse(self, plan: RunPlan, fault: str) -> None:
        """The master must know: a run without this worker has another load than it says."""
        logger.error("%s", fault)
        self._refusal = {
            "run_id": plan.run_id,
            "rows": [],
            "sample": None,
            "clock": "kernel",
            "fault": fault,
            "never_began": True,
        }
        if self._deliver is not None:
            self._deliver(self._refusal)

    def on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        """Add our report to Locust's own."""
        report = self.report(_pause)
        if report is not None:
            data[REPORT_KEY] = report

    def on_drain(self, environment: Environment, **_: Any) -> None:
        """Finish what is in flight, report it, and say so; Locust's own quit waits only half a second."""
        self._finish(environment.runner)

    def on_step(self, msg: Any, **_: Any) -> None:
        """Go on with the search for the capacity as the master says."""
        run = self._run
        if run is not None and msg.data["run_id"] == run.plan.run_id:
            run.follow(Step(**msg.data["step"]))

    def on_quitting(self, environment: Environment, **_: Any) -> None:
        """A worker that is told to go by a signal still reports what it has."""
        self._finish(environment.runner)

    def _finish(self, runner: Any) -> None:
        if not isinstance(runner, WorkerRunner):
            return
        runner.stop()
        runner._send_stats()
        runner.send_message(DRAINED, {})
        # Locust's stop message makes a worker sleep for the stop timeout, although nothing is left.
        self._environment.stop_timeout = 0.0

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int,
        exception: BaseException | None = None,
        context: dict[str, Any] | None = None,
        start_time: float | None = None,
        response: Any = None,
        **_: Any,
    ) -> None:
        """Record a request of a stock Locust user, which has no kernel stamps."""
        run = self._run
        if run is None or (context and OURS in context):
            return
        self._clock_is_user = True
        done_ns = now_ns()
        response_us = None if response_time is None else round(response_time * 1000)
        due_ns = done_ns - (response_us or 0) * 1000 if start_time is None else round(start_time * NS_PER_S)
        endpoint = UNSAFE_IN_A_NAME.sub("_", name).strip("_")[:60] or request_type.lower()
        failure = None if exception is None else stock_failure(exception, response)
        run.recorder.endpoint(endpoint).stock(due_ns, done_ns, response_us, response_length or 0, failure)

    def _fold(self, run: WorkerRun) -> None:
        while True:
            gevent.sleep(FOLD_PERIOD_S)
            run.recorder.fold()

    def _flush(self, run: WorkerRun, deliver: Callable[[Report], None], ended: Event) -> None:
        """A histogram at a time: a whole slice of them stalls the loop for ten milliseconds and more."""
        slice_ns = run.profile.slice_s * NS_PER_S
        while not ended.wait(_until_next_s(run.plan.start_ns, slice_ns)):
            for row in run.recorder.rows():
                deliver(self._told(run, [row], last=False))
                _pause()
            deliver(self._told(run, []))

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.stop()
            self._probe = None


def _until_next_s(start_ns: int, slice_ns: int) -> float:
    return (slice_ns - (now_ns() - start_ns) % slice_ns) / NS_PER_S


def _pause() -> None:
    """Let the loop look at sockets and timers; `sleep(0)` would run other greenlets only."""
    gevent.sleep(PAUSE_S)
