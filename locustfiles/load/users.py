"""Users of the closed model: each waits for its answer, thinks, and asks again."""

from locust import User
from locust.env import Environment

import random
from typing import ClassVar, NoReturn

import gevent
from gevent import GreenletExit

from locustfiles.load.endpoint_call import EndpointCall
from locustfiles.load.stamp import now_ns
from locustfiles.load.worker_run import WorkerRun

DRAIN_POLL_S = 0.05


class EndpointUser(User):
    """A user of one endpoint. Subclasses name the endpoint and have a task that calls `ask`."""

    abstract = True
    endpoint: ClassVar[str] = ""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        run = WorkerRun.of(environment)
        self._run = run
        self._call: EndpointCall | None = None if run is None else run.calls.get(self.endpoint)
        self._asked_ns = 0
        if run is not None:
            number = run.next_user()
            self._client = run.client()
            self._questions = run.questions(number)
            self._think = random.Random(f"think/{run.plan.seed}/{run.worker}/{number}")  # noqa: S311 - load, not secrets

    def on_start(self) -> None:
        """Begin with the run's time axis; a user without a run or an endpoint has nothing to do."""
        if self._run is None or self._call is None:
            raise GreenletExit
        self._run.wait_for_start()

    def on_stop(self) -> None:
        """Give the connection back."""
        if self._run is not None:
            self._client.close()

    def ask(self) -> None:
        """Ask once. The request is due at the moment the user asks, before connecting."""
        run, call, questions = self._run, self._call, self._questions
        if run is None or call is None or run.draining:
            raise GreenletExit
        if run.recorder.clock.is_over(now_ns()):
            self._wait_for_drain(run)
        question = questions.next() if questions is not None and call.asks else ""
        self._asked_ns = now_ns()
        call.ask(self._client, question, self._asked_ns)

    def _wait_for_drain(self, run: WorkerRun) -> NoReturn:
        """Nothing is due after the profile's end, although Locust may notice it up to a second later."""
        while not run.draining:
            gevent.sleep(DRAIN_POLL_S)
        raise GreenletExit

    def wait_time(self) -> float:
        """Seconds until the next question: the profile's think time, or what is left of its pacing."""
        profile = None if self._run is None else self._run.profile
        if profile is None:
            return 0.0
        if profile.pacing_s is not None:
            return max(0.0, profile.pacing_s - (now_ns() - self._asked_ns) / 1e9)
        if profile.think_s is not None:
            return self._think.uniform(*profile.think_s)
        return 0.0
