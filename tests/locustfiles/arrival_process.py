"""Runs the schedulers of a run's workers in a process of its own, because importing Locust patches it.

`python -m tests.locustfiles.arrival_process TARGET PROFILE WORKERS AGE_S END` prints what they recorded.
The run began AGE_S ago. END is `sent` (stop when nothing is left), `stop` or `kill` (at the first wait).
"""

from locust.env import Environment
from locust.event import EventHook

import json
import sys
from collections import Counter
from typing import Any

import gevent
from gevent.pool import Group

from analysis.profile import load_profile
from analysis.target import load_target
from locustfiles.load.arrivals import ArrivalScheduler
from locustfiles.load.run_plan import RunPlan, scenario_of
from locustfiles.load.stamp import now_ns
from locustfiles.load.worker_run import WorkerRun

LIMIT_S = 30.0
SEED = 1


class Scheduler(ArrivalScheduler):
    """Like that of the locustfile."""


def main() -> None:
    """Print counts and due times as JSON."""
    target, profile, workers, age_s, end = sys.argv[1:]
    counted: Counter[str] = Counter()
    asked_s: list[float] = []
    users = Group()
    plan = RunPlan(
        run_id="run",
        target=target,
        profile=profile,
        base_url="",
        seed=SEED,
        start_ns=now_ns() - round(float(age_s) * 1e9),
        scenario_sha256=scenario_of(load_target(target), load_profile(profile), SEED),
        workers=tuple(str(number) for number in range(int(workers))),
    )
    environment = Environment()
    note_due_time(environment.events.request, asked_s)
    runs, schedulers = [], []
    for number in range(len(plan.workers)):
        run = WorkerRun(environment, plan, number)
        run.bind(environment)
        runs.append(run)
        schedulers.append(Scheduler(environment))
    for scheduler in schedulers:
        scheduler.start(users)
    gevent.sleep(0)
    if end == "sent":
        wanted = round(load_profile(profile).arrivals_between(0, sys.maxsize))
        with gevent.Timeout(LIMIT_S):
            while counted["due"] < wanted:
                gevent.sleep(0.02)
                count(runs, counted)
    if end == "kill":
        users.kill(timeout=LIMIT_S)
    else:
        for scheduler in schedulers:
            scheduler.stop()
    ended = users.join(timeout=LIMIT_S)
    count(runs, counted)
    start_s = plan.start_ns / 1e9
    due_s = sorted(stamp_s - start_s for stamp_s in asked_s)
    print(json.dumps({"ended": ended, "counts": counted, "due_s": due_s}))


def note_due_time(event: EventHook, due_s: list[float]) -> None:
    def on_request(start_time: float, **_: Any) -> None:
        due_s.append(start_time)

    event.add_listener(on_request)


def count(runs: list[WorkerRun], counted: Counter[str]) -> None:
    for run in runs:
        for row in run.recorder.report():
            counted.update({name: n for name, n in row["counts"].items() if isinstance(n, int)})


if __name__ == "__main__":
    main()
