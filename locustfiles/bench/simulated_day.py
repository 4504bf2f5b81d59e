"""Records a day of answers in minutes, second by second, and tells how much memory that takes.

Run as `python -m locustfiles.bench.simulated_day FOLDER SECONDS OBSERVATIONS`; it prints one JSON object
per line. All is what a local run does, but for network and clock: calls, recorder, reports, Locust's
statistics, run log and abort rules. The folder gets the run's files.
"""

import locust.stats
from locust.env import Environment

import json
import random
import signal
import sys
from argparse import Namespace
from math import ceil
from pathlib import Path
from typing import Any

import psutil

from analysis.profile import AbortRule, load_profile
from analysis.target import load_target
from locustfiles.load.abort_watch import AbortWatch
from locustfiles.load.arguments import settings_from
from locustfiles.load.exchange import Exchange
from locustfiles.load.live_run import LiveRun
from locustfiles.load.recorder import GENERATOR
from locustfiles.load.request import PreparedRequest
from locustfiles.load.run_plan import LOCAL, RunPlan, scenario_of
from locustfiles.load.slice_clock import NS_PER_S
from locustfiles.load.stamp import now_ns
from locustfiles.load.stock_statistics import prune
from locustfiles.load.wire import WireClient
from locustfiles.load.worker_run import WorkerRun
from locustfiles.load.worker_side import WorkerSide

ENDPOINT = "query"
URL = "http://127.0.0.1:9"
"""Nothing is sent there."""
TARGET = f'base_url = "{URL}"\n[endpoints.{ENDPOINT}]\npath = "/query"\nmethod = "POST"\n'
PROFILE = f'model = "closed"\nmix = {{ {ENDPOINT} = 1 }}\ncompare = false\n'
"""Without stages a slice lasts a second however long the run."""
RULES = (
    AbortRule(None, "errors", "ratio", above=0.9, window_s=30),
    AbortRule(None, "response", "p95", above=60_000_000.0, window_s=30),
)
PER_ANSWER = 5
"""Observations of an answer: response, service, ttfb, send_lag, wake_lag."""
PER_FAILURE = 2
FAILED_EVERY = 101
LAGS_PER_S = 20
HISTORY_S = 5
"""Locust adds a row for its charts so often."""
READINGS = 100


class PretendedClient(WireClient):
    """Answers at once, with stamps of simulated time: after some 20 ms, now and then with a failure."""

    def __init__(self) -> None:
        super().__init__(URL)
        chance = random.Random(1)  # noqa: S311 -- latencies, not secrets
        self._services_ns = [int(chance.lognormvariate(16.8, 0.5)) for _ in range(65_521)]
        self.asked = 0

    def exchange(self, request: PreparedRequest, *, sched_ns: int, **_: Any) -> Exchange:  # noqa: ARG002 -- whatever it asks
        """Asks nobody."""
        self.asked = number = self.asked + 1
        exchange = Exchange(sched_ns)
        exchange.send_ns = sched_ns + 20_000 + number % 7 * 1000
        exchange.first_ns = exchange.send_ns + self._services_ns[number % len(self._services_ns)]
        exchange.last_ns = exchange.first_ns + 15_000
        exchange.wake_lag_ns = 30_000 + number % 11 * 1000
        exchange.status = 503 if number % FAILED_EVERY == 0 else 200
        exchange.received_bytes = 200
        return exchange


class SimulatedTime:
    """Stands in for the module `time` in Locust's statistics."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now_s


class SimulatedDay:
    """A local run whose seconds are over as soon as all in them is recorded."""

    def __init__(self, folder: Path) -> None:
        target_file, profile_file = folder / "target.toml", folder / "day.toml"
        target_file.write_text(TARGET)
        profile_file.write_text(PROFILE)
        target, profile = load_target(str(target_file)), load_profile(str(profile_file))
        options = Namespace(
            target=str(target_file), load_profile=str(profile_file), run_directory=str(folder / "runs")
        )
        self._environment = Environment(parsed_options=options)
        self._runner = self._environment.create_local_runner()
        settings = settings_from(options)
        self._live = LiveRun(self._environment, settings, target, profile)
        self._live.begin(URL, (LOCAL,))
        self._start_ns = now_ns()
        plan = RunPlan(
            run_id=self._live.directory.path.name,
            target=settings.target,
            profile=settings.load_profile,
            base_url=URL,
            seed=settings.seed,
            start_ns=self._start_ns,
            scenario_sha256=scenario_of(target, profile, settings.seed),
            workers=(LOCAL,),
        )
        options.plimsoll_plan = plan.to_text()
        self._worker = WorkerSide(self._environment, self._deliver)
        self._environment.events.request.add_listener(self._worker.on_request)
        self._worker.on_test_start()
        run = WorkerRun.of(self._environment)
        if run is None:
            raise RuntimeError("the worker's part of the run did not begin; its log says why")
        self._recorder = run.recorder
        self._call = run.calls[ENDPOINT]
        self._client = PretendedClient()
        self._abort = AbortWatch(RULES, profile.slice_s)
        self._time = SimulatedTime()
        vars(locust.stats)["time"] = self._time
        self._second = 0
        self._lags = 0

    def live_through(self, requests: int) -> None:
        """One second with so many requests."""
        second_ns = self._start_ns + self._second * NS_PER_S
        self._time.now_s = second_ns / NS_PER_S
        for number in range(requests):
            self._call.ask(self._client, "", second_ns + number * NS_PER_S // requests)
        for number in range(LAGS_PER_S):
            stamp_ns = second_ns + number * NS_PER_S // LAGS_PER_S
            self._recorder.endpoint(GENERATOR).book(stamp_ns, stamp_ns).time("loop_lag", number)
        self._lags += LAGS_PER_S
        report = self._worker.report()
        if report is not None:
            self._deliver(report)
        self._second += 1
        if self._second % HISTORY_S == 0:
            locust.stats.update_stats_history(self._runner)
        prune(self._environment.stats, second_ns // NS_PER_S)
        if self._abort.breach(self._second) is not None:
            raise RuntimeError("an abort rule tripped over pretended answers")

    def _deliver(self, report: dict[str, Any]) -> None:
        self._live.take_report(0, report)
        self._abort.take(report["rows"])

    @property
    def observations(self) -> int:
        """Entered into histograms so far."""
        failed = self._client.asked // FAILED_EVERY
        return PER_ANSWER * (self._client.asked - failed) + PER_FAILURE * failed + self._lags

    def reading(self) -> dict[str, int]:
        """What is kept now."""
        stats = self._environment.stats
        return {
            "second": self._second,
            "observations": self.observations,
            "rss_bytes": psutil.Process().memory_info().rss,
            "requests_counted_by_locust": stats.total.num_requests,
            "seconds_kept_by_locust": len(stats.total.num_reqs_per_sec) + len(stats.total.num_fail_per_sec),
            "chart_rows_kept_by_locust": len(stats.history),
            "errors_kept_by_locust": len(stats.errors),
            "slices_kept_for_abort_rules": len(self._abort._rows),
        }

    def close(self) -> None:
        """Write the run's end."""
        self._worker.on_test_stop()
        self._live.close()


def main() -> None:
    """Print a reading before the first second, then a hundred more, evenly spread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started it
    folder, seconds, observations = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    per_request = PER_ANSWER + (PER_FAILURE - PER_ANSWER) / FAILED_EVERY
    per_s = max(1, ceil((observations / seconds - LAGS_PER_S) / per_request))
    day = SimulatedDay(folder)
    print(json.dumps(day.reading()), flush=True)
    for second in range(1, seconds + 1):
        day.live_through(per_s)
        if second * READINGS // seconds != (second - 1) * READINGS // seconds:
            print(json.dumps(day.reading()), flush=True)
    day.close()


if __name__ == "__main__":
    main()
