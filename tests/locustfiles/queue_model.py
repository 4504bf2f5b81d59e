"""A service with a known capacity in simulated time, and workers that report what they asked it."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from analysis.capacity_step import Step, first_step
from analysis.histogram import Histogram
from analysis.profile import Arrivals, LoadProfile, Model, Search, Stage
from locustfiles.load.arrival_schedule import step_times
from locustfiles.load.slice_clock import NS_PER_S, SliceClock

Rows = list[dict[str, Any]]


class QueueModel:
    """`places` requests are served at a time, each for `service_s`; the rest wait in order.

    `losing` swallows requests: they never get an answer. `late_s` is by how much the generator sends late,
    and `sends_per_s` how many requests it can send at all.
    """

    def __init__(self, search: Search, *, places: int, service_s: float, workers: int = 1) -> None:
        self.search = search
        self.workers = workers
        self.late_s = 0.0
        self.sends_per_s = float("inf")
        self.failing: Callable[[Step], bool] = lambda _: False
        self.losing: Callable[[Step], bool] = lambda _: False
        self.steps: list[Step] = []
        self.profile = LoadProfile(
            "hunt",
            Model.OPEN,
            {"query": 1.0},
            (Stage("search", search.longest_s, search.start_per_s),),
            arrivals=Arrivals.CONSTANT,
            search=search,
        )
        self._service_s = service_s
        self._free_s = [0.0] * places
        self._clocks = [SliceClock(self.profile, 0) for _ in range(workers)]
        self._due: Iterator[tuple[float, int]] = iter(())
        self._next: tuple[float, int] | None = None
        self._sender_free_s = 0.0
        self._waiting: list[list[tuple[float, float, float]]] = [[] for _ in range(workers)]
        """When each request was due, sent and done."""
        self.follow(first_step(search))

    @property
    def capacity_per_s(self) -> float:
        return len(self._free_s) / self._service_s

    @property
    def idle(self) -> bool:
        """Whether every request that was sent has been answered and reported."""
        return not any(self._waiting)

    def follow(self, step: Step) -> None:
        """What the master tells the workers."""
        for clock in self._clocks:
            clock.follow(step)
        if self.steps and self.steps[-1].start_s == step.start_s:
            self.steps[-1] = step
            return
        self.steps.append(step)
        self._due = heapq.merge(*(self._times(step, worker) for worker in range(self.workers)))
        self._next = next(self._due, None)

    def reports(self, now_s: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """What each worker reports at the end of the second before `now_s`."""
        started = self._start(now_s)
        for worker in range(self.workers):
            rows = self._rows(worker, now_s, started[worker])
            yield worker, {"rows": rows, "sample": {"in_flight": len(self._waiting[worker])}}

    def _times(self, step: Step, worker: int) -> Iterator[tuple[float, int]]:
        times = step_times(step, Arrivals.CONSTANT, seed=1, worker=worker, workers=self.workers)
        return ((due_s, worker) for due_s in times)

    def _start(self, now_s: int) -> defaultdict[int, defaultdict[int, int]]:
        """Send what became due; how many of each worker in which second."""
        started: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        step = self.steps[-1]
        while self._next is not None and self._next[0] < min(now_s, step.end_s):
            due_s, worker = self._next
            started[worker][int(due_s)] += 1
            sent_s = max(due_s + self.late_s, self._sender_free_s)
            self._sender_free_s = sent_s + 1 / self.sends_per_s
            self._waiting[worker].append((due_s, sent_s, self._done_s(sent_s, step)))
            self._next = next(self._due, None)
        return started

    def _rows(self, worker: int, now_s: int, started: dict[int, int]) -> Rows:
        counts: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        times: defaultdict[tuple[int, str], Histogram] = defaultdict(Histogram)
        clock, step = self._clocks[worker], self.steps[-1]
        for number, count in started.items():
            counts[number]["due"] = counts[number]["started"] = count
        for due_s, sent_s, done_s in [each for each in self._waiting[worker] if each[2] < now_s]:
            number = clock.filed_slice(round(due_s * NS_PER_S), round(done_s * NS_PER_S))
            if self.failing(step):
                counts[number]["failed"] += 1
            else:
                counts[number]["ok"] += 1
                times[number, "response"].record(round((done_s - due_s) * 1e6))
            times[number, "send_lag"].record(round((sent_s - due_s) * 1e6))
        self._waiting[worker] = [each for each in self._waiting[worker] if each[2] >= now_s]
        rows: Rows = []
        for number in sorted({*counts, *(number for number, _ in times)}):
            told: dict[str, Any] = dict(counts[number])
            if "failed" in told:
                told["failed"] = {"http_5xx": told["failed"]}
            found = {metric: each.encode() for (at, metric), each in times.items() if at == number}
            rows.append({"slice": number, "endpoint": "query", "counts": told, "histograms": found})
        return rows

    def _done_s(self, sent_s: float, step: Step) -> float:
        if self.losing(step):
            return float("inf")
        done_s = max(sent_s, heapq.heappop(self._free_s)) + self._service_s
        heapq.heappush(self._free_s, done_s)
        return done_s
