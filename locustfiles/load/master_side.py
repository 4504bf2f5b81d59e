"""What the local runner or the master does around each run: choose, open, collect, drain, close, judge."""

import locust.log
from locust.env import Environment
from locust.runners import STATE_CLEANUP, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING, MasterRunner

import logging
import os
import sys
from time import monotonic
from typing import Any

import gevent

from analysis.errors import PlimsollError, TargetDownError
from analysis.exit_code import ExitCode
from analysis.run_record import Stop, StopKind
from locustfiles.load.arguments import settings_from
from locustfiles.load.child import Child
from locustfiles.load.choice import Choice, choose
from locustfiles.load.even_dispatcher import spawn_evenly
from locustfiles.load.judge_process import judge_run, judging_is_on
from locustfiles.load.live_run import LiveRun
from locustfiles.load.messages import REPORT_KEY
from locustfiles.load.reference_service import answers, may_start, start_reference_service
from locustfiles.load.run_plan import LOCAL
from locustfiles.load.shape import ProfileShape
from locustfiles.load.user_classes import asks_target
from locustfiles.load.web_form import add_form_check
from locustfiles.load.web_pages import add_web_pages
from locustfiles.load.worker_drain import WorkerDrain

logger = logging.getLogger(__name__)


WORKERS_LIMIT_S = 60


class MasterSide:
    """One per Locust process; in the web UI it sees many runs, one after the other."""

    def __init__(self, environment: Environment, web_ui: Any) -> None:
        self.environment = environment
        self.live: LiveRun | None = None
        self._classes = list(environment.user_classes)
        self._groups_runs = bool(environment.profile)
        self._stop_timeout_s = environment.stop_timeout
        self._service: Child | None = None
        self._judging: gevent.Greenlet | None = None
        self._signal: str | None = None
        self._began_s = monotonic()
        self._exit_code: int = ExitCode.PASS
        self._drain = (
            WorkerDrain(environment.runner) if isinstance(environment.runner, MasterRunner) else None
        )
        self.choice = self.choose()
        if self.choice.settings.headless:
            # Lowered only by a judge that has said so: a crash of ours must not pass.
            self._exit_code = ExitCode.INVALID
            environment.process_exit_code = ExitCode.INVALID
            self._warn_of_ignored_options()
            if self._drain is not None:
                gevent.spawn_later(WORKERS_LIMIT_S, self._give_up_without_workers)
        if web_ui is not None:
            add_form_check(web_ui, self)
            add_web_pages(web_ui, self)

    def choose(self) -> Choice:
        """Take target and profile from Locust's options; raises PlimsollError when they cannot be used."""
        environment = self.environment
        choice = choose(environment, settings_from(environment.parsed_options), os.environ)
        environment.user_classes[:] = choice.user_classes(self._classes, environment.parsed_options)
        if choice.profile.stages:
            last = self.live
            # The run before is over: a shape that saw it would end at once.
            shape = ProfileShape(lambda: None if self.live is last else self.live, choice.profile)
            shape.runner = environment.runner
            environment.shape_class = shape
        else:
            environment.shape_class = None
        self._name_locust_profile(choice)
        spawn_evenly(environment, by_hand=not choice.profile.stages)
        by_hand = 0.0 if choice.profile.stages else self._stop_timeout_s
        environment.stop_timeout = by_hand or choice.profile.drain_s
        self.choice = choice
        return choice

    def _name_locust_profile(self, choice: Choice) -> None:
        """Fill Locust's own `--profile`, by which it groups runs; its form would send the last run's."""
        if not self._groups_runs:
            self.environment.profile = choice.profile.name

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        runner = self.environment.runner
        state = None if runner is None else runner.state
        return self.opening or state in (STATE_SPAWNING, STATE_RUNNING, STATE_STOPPING, STATE_CLEANUP)

    @property
    def opening(self) -> bool:
        """Whether a run exists that is neither started nor over; Locust does not know of it yet."""
        live = self.live
        return live is not None and not live.started and not live.over

    @property
    def exit_code(self) -> int:
        """The exit code as it stands."""
        return self._exit_code

    def on_test_start(self, **_: Any) -> None:
        """Open a run. What goes wrong here ends the run before any load, and is in its directory."""
        self._exit_code = ExitCode.INVALID
        self._began_s = monotonic()
        options: Any = self.environment.parsed_options
        options.plimsoll_plan = ""
        locust.log.unhandled_greenlet_exception = False
        choice = self.choice
        self._name_locust_profile(choice)
        self._judging = None
        try:
            live = self.live = LiveRun(self.environment, choice.settings, choice.target, choice.profile)
        except PlimsollError as error:
            self.live = None
            print(f"plimsoll: {error}", file=sys.stderr)
            self._exit_code = error.exit_code
            gevent.spawn(self._end_without_run)
            return
        base_url = self._base_url(choice)
        try:
            print(f"run directory: {live.directory.path}", flush=True)
            live.begin(base_url, self._workers())
            if self._may_start_service(choice) and not answers(base_url):
                self._service = start_reference_service(base_url)
            plan = live.open(base_url, self._service)
        except TargetDownError as error:
            live.stop(StopKind.TARGET_DOWN, str(error))
        except (PlimsollError, OSError, ValueError) as error:
            live.stop(StopKind.FAULT, str(error))
        else:
            options.plimsoll_plan = plan.to_text()
        finally:
            if not live.started:  # the shape waits for a run that is neither open nor over
                live.stop(StopKind.FAULT, "the run could not be opened")

    def on_worker_report(self, client_id: str, data: dict[str, Any]) -> None:
        """Take what a worker recorded."""
        report = data.get(REPORT_KEY)
        runner = self.environment.runner
        if report is not None and isinstance(runner, MasterRunner):
            self._take(client_id, report)

    def take_local_report(self, report: dict[str, Any]) -> None:
        """Take what this process recorded."""
        self._take(LOCAL, report)

    def on_test_stopping(self, **_: Any) -> None:
        """The load is over: say why, and let what is in flight finish before Locust goes on."""
        live = self.live
        if live is None:
            return
        live.end(self._end_reason(live))
        if self._drain is not None:
            for client_id in self._drain.run(live.profile.drain_s):
                live.worker_lost(client_id)

    def on_test_stop(self, **_: Any) -> None:
        """Close the run and judge it in the background."""
        live = self.live
        if live is None or self._judging is not None:
            return
        if locust.log.unhandled_greenlet_exception:
            live.fault("a listener or greenlet raised; see Locust's log")
        # Closing waits for the sidecar: in a greenlet of its own, so that a second stop finds it under way.
        self._judging = gevent.spawn(self._close_and_judge, live)

    def on_sigterm(self) -> None:
        """End the run in order; Locust's own handler is not there yet while a headless shape runs."""
        self._signal = "SIGTERM"
        live = self.live
        if live is not None and not live.over:
            if live.started:
                live.event("signal", name="SIGTERM")
            live.stop(StopKind.SIGNAL, "SIGTERM came before the end of the run")
        elif live is None and self.choice.settings.headless:
            sys.exit(ExitCode.INVALID)

    def exit_code_at_quit(self) -> int:
        """Finish everything; the process's exit code."""
        runner = self.environment.runner
        if runner is not None and self.busy:
            runner.quit()
        self.wait_for_judge()
        if self._service is not None:
            self._service.stop()
        if self.live is None and locust.log.unhandled_greenlet_exception:
            # Without a run only Locust itself can have failed, its web server for one.
            return ExitCode.INVALID
        return self._exit_code

    def wait_for_judge(self) -> None:
        """Block until the last run is judged."""
        if self._judging is not None:
            self._judging.join()

    @property
    def judged(self) -> bool:
        """Whether the last run has been judged."""
        return self._judging is not None and self._judging.ready()

    def _warn_of_ignored_options(self) -> None:
        """Locust has a warning of its own, but looks for the shape before ours is there."""
        options, profile = self.environment.parsed_options, self.choice.profile
        given = [
            flag for flag, name in (("-u", "num_users"), ("-r", "spawn_rate")) if getattr(options, name, None)
        ]
        if profile.stages and given:
            logger.warning("%s: load profile %s sets the users itself", " and ".join(given), profile.name)

    def _give_up_without_workers(self) -> None:
        """Locust's master waits for ever for workers that died as they started."""
        runner: Any = self.environment.runner
        if self.live is not None:
            return
        wanted = self.environment.parsed_options.expect_workers if self.environment.parsed_options else 1
        print(
            f"plimsoll: {runner.worker_count} of {wanted} workers came within {WORKERS_LIMIT_S} s; "
            "their logs say why",
            file=sys.stderr,
        )
        sys.exit(ExitCode.INVALID)

    def _end_without_run(self) -> None:
        runner = self.environment.runner
        if runner is not None:
            runner.quit() if self.choice.settings.headless else runner.stop()

    def _close_and_judge(self, live: LiveRun) -> None:
        live.close()
        settings = live.settings
        if judging_is_on():
            code = judge_run(
                live.directory.path, settings.baseline, allow_inconclusive=settings.allow_inconclusive
            )
        else:
            code = ExitCode.PASS if live.ended_well else ExitCode.INVALID
        if live is self.live:
            self._exit_code = code

    def _take(self, client_id: str, report: dict[str, Any]) -> None:
        live = self.live
        if live is None or live.plan is None or report["run_id"] != live.plan.run_id:
            return
        worker = live.index_of(client_id)
        if worker is None:
            return
        live.take_report(worker, report)
        if report["fault"] is not None:
            live.fault(report["fault"])
        if report["never_began"]:
            live.stop(StopKind.FAULT, report["fault"])

    def _end_reason(self, live: LiveRun) -> Stop | None:
        """None for a run that went to its end: of the profile, or of `--run-time`."""
        if live.stop_reason is not None:
            return live.stop_reason
        if not live.started:
            kind = StopKind.SIGNAL if live.settings.headless else StopKind.HAND
            return Stop(kind, "stopped while the run was being opened")
        profile, run_time_s = live.profile, live.settings.run_time_s
        if profile.stages and live.elapsed_s() >= profile.duration_s:
            return None
        # Locust's own run time began about when it started the test, which is before t = 0.
        if not profile.stages and run_time_s is not None and monotonic() - self._began_s >= run_time_s - 1.0:
            return None
        if self._signal is not None:
            return Stop(StopKind.SIGNAL, f"{self._signal} came before the end of the run")
        if live.settings.headless and profile.stages:
            return Stop(StopKind.SIGNAL, "interrupted before the end of the profile")
        return Stop(StopKind.HAND, "stopped by hand")

    def _may_start_service(self, choice: Choice) -> bool:
        """Never for a URL that the user has given, nor for users that do not ask the target."""
        own_address = choice.settings.base_url is None and asks_target(self.environment.user_classes)
        return own_address and may_start(choice.target.name, choice.base_url)

    def _base_url(self, choice: Choice) -> str:
        """Where the load goes; stock users of an own locustfile may name their host themselves."""
        classes = self.environment.user_classes
        if choice.settings.base_url is None and not asks_target(classes):
            return next((user_class.host for user_class in classes if user_class.host), choice.base_url)
        return choice.base_url

    def _workers(self) -> tuple[str, ...]:
        runner = self.environment.runner
        if not isinstance(runner, MasterRunner):
            return (LOCAL,)
        active = [*runner.clients.ready, *runner.clients.spawning, *runner.clients.running]
        # Locust's own indices only grow: after a worker was replaced they have gaps.
        return tuple(sorted((client.id for client in active), key=runner.get_worker_index))
