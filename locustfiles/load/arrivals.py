"""The open model: one scheduler per worker sends each request when it is due."""

from locust import User
from locust.env import Environment
from locust.user.task import LOCUST_STATE_STOPPING

import gevent
from gevent import GreenletExit
from gevent.pool import Group

from locustfiles.load.arrival_schedule import arrival_times, endpoint_draws
from locustfiles.load.endpoint_call import EndpointCall
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from locustfiles.load.worker_run import WorkerRun

LONGEST_SLEEP_S = 0.1
"""How long the scheduler may sleep before it looks whether it was asked to stop."""


class ArrivalScheduler(User):
    """One per worker; Locust counts it as a user, the requests are its greenlets."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._run = WorkerRun.of(environment)
        self._in_flight = Group()
        self._idle: list[WireClient] = []

    def on_start(self) -> None:
        """Send the whole schedule of this worker, then wait for what is in flight until asked to stop.

        Not a task: `--tags` chooses endpoints, and must not take the scheduler away.
        """
        run = self._run
        if run is None:
            raise GreenletExit
        try:
            self._send(run)
            while not self._stopping():
                gevent.sleep(LONGEST_SLEEP_S)
            self._in_flight.join(timeout=run.profile.drain_s)
        finally:
            self._in_flight.kill(block=True)
            for client in self._idle:
                client.close()
        raise GreenletExit

    def _send(self, run: WorkerRun) -> None:
        seed, worker, plan = run.plan.seed, run.worker, run.plan
        draws = endpoint_draws(run.mix, seed=seed, worker=worker)
        questions = run.questions(0)
        for due_s in arrival_times(run.profile, seed=seed, worker=worker, workers=len(plan.workers)):
            due_ns = plan.start_ns + round(due_s * 1e9)
            call = run.calls[next(draws)]
            question = questions.next() if questions is not None and call.asks else ""
            if not self._sleep_until(due_ns):
                return
            if len(self._in_flight) >= run.profile.max_in_flight:
                call.drop(due_ns)
            else:
                self._in_flight.spawn(self._one, run, call, question, due_ns)

    def _one(self, run: WorkerRun, call: EndpointCall, question: str, due_ns: int) -> None:
        client = self._idle.pop() if self._idle else run.client()
        try:
            call.ask(client, question, due_ns)
        except BaseException:
            client.close()
            raise
        self._idle.append(client)

    def _sleep_until(self, due_ns: int) -> bool:
        """False when asked to stop before the moment came."""
        while (remaining_s := (due_ns - now_ns()) / 1e9) > 0:
            if self._stopping():
                return False
            gevent.sleep(min(remaining_s, LONGEST_SLEEP_S))
        return not self._stopping()

    def _stopping(self) -> bool:
        return self._state == LOCUST_STATE_STOPPING or self._run is None or self._run.draining
