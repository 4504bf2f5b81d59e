"""The open model: one scheduler per worker sends each request when it is due."""

from locust import User
from locust.env import Environment

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import NamedTuple

import gevent
from gevent import GreenletExit
from gevent.event import Event
from gevent.pool import Group

from locustfiles.load.arrival_schedule import arrival_times, endpoint_draws, step_times
from locustfiles.load.client import Client
from locustfiles.load.endpoint_call import EndpointCall
from locustfiles.load.pacer import Pacer, open_pacer
from locustfiles.load.stamp import now_ns
from locustfiles.load.worker_run import WorkerRun


class Arrival(NamedTuple):
    """One request of the schedule, drawn before it is due."""

    due_ns: int
    call: EndpointCall
    question: str


class ArrivalScheduler(User):
    """One per worker; Locust counts it as a user, the requests are its greenlets."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._run = WorkerRun.of(environment)
        self._asked_to_stop = Event()
        self._in_flight = Group()
        self._idle: defaultdict[str, list[Client]] = defaultdict(list)
        """Clients by whom they can ask: a WebSocket belongs to an endpoint, other connections to all."""

    def on_start(self) -> None:
        """Send the whole schedule of this worker, then wait for what is in flight until asked to stop.

        Not a task: `--tags` chooses endpoints, and must not take the scheduler away.
        """
        run = self._run
        if run is None:
            raise GreenletExit
        try:
            with closing(open_pacer(self._asked_to_stop)) as pacer:
                self._send(run, pacer)
            self._asked_to_stop.wait()
            self._in_flight.join(timeout=run.profile.drain_s)
        finally:
            gevent.sleep(0)  # what is killed before it began would be neither started nor dropped
            self._in_flight.kill(block=True)
            for client in chain.from_iterable(self._idle.values()):
                client.close()
        raise GreenletExit

    def stop(self, force: bool = False) -> bool:
        """Locust's way to end a user; wakes it when it waits for the next arrival."""
        is_killed: bool = super().stop(force)
        if self._run is not None and self._run.steps is not None:
            self._run.steps.close()
        self._asked_to_stop.set()
        return is_killed

    def _send(self, run: WorkerRun, pacer: Pacer) -> None:
        """Arrivals that were due before the end and were not sent, for whatever reason, count as dropped."""
        arrivals = _schedule(run)
        arrival = next(arrivals, None)
        try:
            while arrival is not None and pacer.wait_until(arrival.due_ns) and not run.draining:
                if len(self._in_flight) >= run.profile.max_in_flight:
                    arrival.call.drop(arrival.due_ns)
                else:
                    self._in_flight.spawn(self._one, run, arrival)
                arrival = None  # the next one of a search may be long in coming, and never come
                arrival = next(arrivals, None)
        finally:
            end_ns = now_ns()
            while arrival is not None and arrival.due_ns <= end_ns:
                arrival.call.drop(arrival.due_ns)
                arrival = next(arrivals, None)

    def _one(self, run: WorkerRun, arrival: Arrival) -> None:
        idle = self._idle[arrival.call.client_kind]
        client = idle.pop() if idle else run.client(arrival.call)
        try:
            arrival.call.ask(client, arrival.question, arrival.due_ns)
        except BaseException:
            client.close()
            raise
        idle.append(client)


def _schedule(run: WorkerRun) -> Iterator[Arrival]:
    plan = run.plan
    draws = endpoint_draws(run.mix, seed=plan.seed, worker=run.worker)
    questions = run.questions(0)
    for due_s in _due_times(run):
        call = run.calls[next(draws)]
        question = questions.next() if questions is not None and call.asks else ""
        yield Arrival(plan.start_ns + round(due_s * 1e9), call, question)


def _due_times(run: WorkerRun) -> Iterator[float]:
    place = {"seed": run.plan.seed, "worker": run.worker, "workers": len(run.plan.workers)}
    if run.steps is None:
        yield from arrival_times(run.profile, **place)
        return
    for step in run.steps:
        for due_s in step_times(step, run.profile.arrivals, **place):
            if due_s >= run.steps.newest.end_s:
                break
            yield due_s
