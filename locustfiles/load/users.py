"""Users of the closed model: each waits for its answer, thinks, and asks again."""

from locust import User
from locust.env import Environment
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

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
            number = self._number = run.next_user()
            self._client = run.client(self._call)
            self._questions = run.questions(number)
            self._think = random.Random(f"think/{run.plan.seed}/{run.worker}/{number}")  # noqa: S311 - load, not secrets

    def on_start(self) -> None:
        """Begin with the run's time axis; a user without a run or an endpoint has nothing to do."""
        if self._run is None or self._call is None:
            raise GreenletExit
        self._run.wait_for_start(self._number)

    def on_stop(self) -> None:
        """Give the connection back."""
        if self._run is not None:
            self._client.close()

    def ask(self) -> bool:
        """Ask once; False when that failed. It is due at the moment the user asks, before connecting."""
        run, call, questions = self._run, self._call, self._questions
        if run is None or call is None or run.draining:
            raise GreenletExit
        question = questions.next() if call.asks and questions is not None else ""
        due_ns = self._asked_ns = now_ns()
        if run.recorder.clock.is_over(due_ns):
            self._wait_for_drain(run)
        return call.ask(self._client, question, due_ns)

    def keep_asking(self) -> None:
        """Ask, wait and ask again until stopped, as Locust does with a task, at a fraction of the cost."""
        profile = None if self._run is None else self._run.profile
        waits = type(self).wait_time is not EndpointUser.wait_time or (
            profile is not None and (profile.pacing_s is not None or profile.think_s is not None)
        )
        while True:
            answered = self.ask()
            if self._state == LOCUST_STATE_STOPPING:
                return
            if waits:
                self._state = LOCUST_STATE_WAITING
                gevent.sleep(self.wait_time())
                self._state = LOCUST_STATE_RUNNING
            elif not answered:
                gevent.sleep(0)  # a refused connection fails without letting anybody else run

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
