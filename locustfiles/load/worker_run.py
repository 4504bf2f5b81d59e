"""One process's part in a run: its calls, its recorder and its random sequences."""

from locust.env import Environment

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import gevent

from analysis.capacity_step import Step, first_step
from analysis.errors import UsageError
from analysis.profile import check_mix
from analysis.question import QuestionStream, load_expected_words, load_questions
from analysis.target import Endpoint, Target, expand
from locustfiles.load.client import Client
from locustfiles.load.definitions import read_definitions
from locustfiles.load.endpoint_call import EndpointCall
from locustfiles.load.mix import tagged_mix
from locustfiles.load.reconnecting_call import ReconnectingCall
from locustfiles.load.recorder import Recorder
from locustfiles.load.request import parse_origin
from locustfiles.load.request_event import RequestEvent
from locustfiles.load.run_plan import RunPlan, scenario_of
from locustfiles.load.stamp import now_ns
from locustfiles.load.step_queue import StepQueue
from locustfiles.load.websocket_client import WebSocketClient
from locustfiles.load.wire import WireClient

SLOT = "plimsoll_worker_run"
APART_NS = 1_000_000
"""Between the first requests of users that wait for the start: a thousand must not connect at one moment."""


class WorkerRun:
    """Everything the users of this process need; made at test start, dropped at the next one."""

    def __init__(self, environment: Environment, plan: RunPlan, worker: int) -> None:
        self.plan = plan
        self.worker = worker
        self.target, self.profile = read_definitions(environment, plan.target, plan.profile)
        if scenario_of(self.target, self.profile, plan.seed) != plan.scenario_sha256:
            raise UsageError(
                f"target {plan.target} and profile {plan.profile} are not the master's: "
                "start the worker from the same checkout"
            )
        self.mix = tagged_mix(check_mix(self.profile, self.target), environment.parsed_options)
        self.recorder = Recorder(
            self.profile, plan.start_ns, {k: dict(v) for k, v in self.target.limits.items()}
        )
        self.steps: StepQueue | None = None
        """In a search for the capacity."""
        if self.profile.search is not None:
            first = first_step(self.profile.search)
            self.steps = StepQueue(first)
            self.recorder.clock.follow(first)
        self._headers = expanded_headers(self.target, os.environ)
        event = RequestEvent(environment)
        questions = self.target.questions
        expected = {} if questions is None else load_expected_words(Path(questions.file))
        self.calls = {
            name: self._call(endpoint, event, expected) for name, endpoint in self.target.endpoints.items()
        }
        self.base_url = usable_url(self.target, plan.base_url or None, os.environ)
        self._connect_timeout_s = max(
            (endpoint.connect_timeout_s for endpoint in self.target.endpoints.values()), default=5.0
        )
        self._questions: tuple[str, ...] = () if questions is None else load_questions(Path(questions.file))
        self._user_numbers = itertools.count(1)
        self.draining = False
        """Set when the load is over: no user may start another request."""
        self.clock: str = self.client().clock

    def client(self, call: EndpointCall | None = None) -> Client:
        """A client of its own for one user, or for one arrival at a time; without a call one for HTTP."""
        if call is not None and call.endpoint.websocket is not None:
            headers = self._headers[call.endpoint.name]
            return WebSocketClient(self.base_url, call.endpoint, headers, tls=self.target.tls)
        return WireClient(self.base_url, connect_timeout_s=self._connect_timeout_s, tls=self.target.tls)

    def _call(
        self, endpoint: Endpoint, event: RequestEvent, expected: Mapping[str, Sequence[str]]
    ) -> EndpointCall:
        headers, identity = self._headers[endpoint.name], f"{self.plan.seed}/{self.worker}"
        how = endpoint.reconnect
        if how is None:
            return EndpointCall(endpoint, headers, self.recorder, event, expected, identity)
        return ReconnectingCall(
            endpoint,
            headers,
            self.recorder,
            event,
            expected,
            identity,
            how=how,
            is_over=lambda: self.draining,
        )

    def follow(self, step: Step) -> None:
        """Go on with this step of the search, or end the newest one where it says."""
        if self.steps is not None:
            self.recorder.clock.follow(step)
            self.steps.follow(step)

    def next_user(self) -> int:
        """A number that no other user of this process has; 0 is the arrivals' own."""
        return next(self._user_numbers)

    def questions(self, user: int) -> QuestionStream | None:
        """The seeded question sequence of one user; None when the target has no questions."""
        settings = self.target.questions
        if settings is None:
            return None
        return QuestionStream(
            self._questions, settings.zipf, settings.seed + self.plan.seed, self.worker, user
        )

    def wait_for_start(self, user: int) -> None:
        """Hold a user back until the time axis begins, and a moment more for each that goes before it."""
        remaining_s = (self.plan.start_ns + user * APART_NS - now_ns()) / 1e9
        if remaining_s > 0:
            gevent.sleep(remaining_s)

    def bind(self, environment: Environment) -> None:
        """Make this the environment's current run."""
        vars(environment)[SLOT] = self

    @staticmethod
    def unbind(environment: Environment) -> None:
        """Leave the environment without a run."""
        vars(environment).pop(SLOT, None)

    @staticmethod
    def of(environment: Environment) -> "WorkerRun | None":
        """The environment's current run."""
        run: WorkerRun | None = vars(environment).get(SLOT)
        return run


def expanded_headers(target: Target, environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Each endpoint's headers, the target's included, with `${NAME}` filled in. Keep them in this process."""
    common = {
        name: expand(value, environ, file=target.file, key=f"headers.{name}")
        for name, value in target.headers.items()
    }
    return {
        endpoint.name: common
        | {
            name: expand(value, environ, file=target.file, key=f"endpoints.{endpoint.name}.headers.{name}")
            for name, value in endpoint.headers.items()
        }
        for endpoint in target.endpoints.values()
    }


def usable_url(target: Target, override: str | None, environ: Mapping[str, str]) -> str:
    """The URL to send load to; UsageError for one that is none or has credentials, without quoting it."""
    url = override or expand(target.base_url, environ, file=target.file, key="base_url")
    parse_origin(url)
    return url.rstrip("/")
