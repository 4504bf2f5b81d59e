"""The master's search for the capacity: ends steps, decides whether they were kept, begins new ones."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.capacity_result import capacity_of, following_rate
from analysis.capacity_step import (
    Measured,
    Step,
    StepOutcome,
    first_step,
    measured_step,
    outcome_of,
    step_after,
)
from analysis.counts import Counts, counts_of, total
from analysis.event import EventKind
from analysis.measurement import Part, sum_of
from analysis.plural import plural
from analysis.profile import LoadProfile, Search
from analysis.result import Capacity, SearchEnd
from analysis.slice_histograms import SliceHistograms
from analysis.target import Target
from analysis.target_parts import Objective
from locustfiles.load.messages import STEP
from locustfiles.load.run_plan import RunPlan

CALM_REPORTS = 2
"""From each worker in a row that nothing is in flight: what ended after the first one is in the second."""


class CapacityHunt:
    """Knows no clock: `now_s` is the time on the run's axis. Slices are seconds."""

    def __init__(
        self,
        search: Search,
        objectives: Sequence[Objective],
        workers: int,
        *,
        tell: Callable[[Step], None],
        note: Callable[..., None],
    ) -> None:
        """`tell` sends a new or shortened step to the workers, `note` appends to the events."""
        self._search = search
        self._objectives = tuple(objectives)
        self._workers = workers
        self._tell = tell
        self._note = note
        self._outcomes: list[StepOutcome] = []
        self._step = first_step(search)
        self._seen = _Seen()

    def take(self, worker: int, report: Mapping[str, Any], now_s: float) -> None:
        """Add what one worker recorded since its last report."""
        for row in report["rows"]:
            self._seen.take(row)
        sample = report.get("sample")
        if sample and now_s >= self._step.end_s:
            self._seen.hear(worker, sample.get("in_flight"))

    def go_on(self, now_s: float, breach: str | None) -> Capacity | None:
        """Look at the time and at what abort rules say; returns what was found at the end of the search."""
        if breach is not None:
            self._cut(breach, now_s)
        return self._advance(now_s)

    def _cut(self, reason: str, now_s: float) -> None:
        """End the step that is being measured, as missed; in the time before it nothing is decided."""
        end_s = int(now_s) + 2
        if self._step.cut is None and self._step.from_s <= now_s and end_s <= self._step.end_s:
            self._step = replace(self._step, end_s=end_s, cut=reason)
            self._tell(self._step)

    def _advance(self, now_s: float) -> Capacity | None:
        """Go on when the last step is over and answered; returns what was found when no other follows."""
        step, rested_s = self._step, now_s - self._step.end_s
        if rested_s < 0:
            return None
        if not self._seen.calm(self._workers):
            if rested_s < self._search.rest_s:
                return None
            waiting = plural(self._seen.in_flight, "request")
            step = replace(step, cut=step.cut or f"{waiting} had no answer {self._search.rest_s} s after it")
        self._note(EventKind.STEP, **step.fields())
        self._outcomes.append(outcome_of(step, self._seen.measured(step), self._objectives))
        following = following_rate(self._search, self._outcomes)
        if isinstance(following, SearchEnd):
            return capacity_of(self._search, self._outcomes)
        self._step = step_after(self._search, following, now_s)
        self._seen = _Seen()
        self._tell(self._step)
        return None


def hunt_for(
    profile: LoadProfile, target: Target, plan: RunPlan, runner: Any, note: Callable[..., None]
) -> CapacityHunt | None:
    """The search that the profile asks for, over Locust's messages; None for any other profile."""
    if profile.search is None:
        return None

    def tell(step: Step) -> None:
        runner.send_message(STEP, {"run_id": plan.run_id, "step": step.fields()})

    return CapacityHunt(profile.search, target.objectives, len(plan.workers), tell=tell, note=note)


class _Seen:
    """What the workers have reported since a step began."""

    def __init__(self) -> None:
        self._histograms: defaultdict[str, SliceHistograms] = defaultdict(SliceHistograms)
        self._counts: defaultdict[int, defaultdict[str, list[Counts]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._in_flight: dict[int, int] = {}
        self._calm: defaultdict[int, int] = defaultdict(int)

    def take(self, row: Mapping[str, Any]) -> None:
        number, endpoint = row["slice"], row["endpoint"]
        for metric, text in row["histograms"].items():
            self._histograms[f"{endpoint}.{metric}"].add(number, text)
        if row["counts"]:
            self._counts[number][endpoint].append(counts_of(row["counts"]))

    def hear(self, worker: int, in_flight: object) -> None:
        if isinstance(in_flight, int):
            self._in_flight[worker] = in_flight
            self._calm[worker] = 0 if in_flight else self._calm[worker] + 1

    @property
    def in_flight(self) -> int:
        return sum(self._in_flight.values())

    def calm(self, workers: int) -> bool:
        return sum(reports >= CALM_REPORTS for reports in self._calm.values()) >= workers

    def measured(self, step: Step) -> Measured | None:
        if step.measured_s == 0:
            return None
        found = {tag: each.merged(step.from_s, step.end_s) for tag, each in self._histograms.items()}
        by_endpoint: defaultdict[str, list[Counts]] = defaultdict(list)
        for number in range(step.from_s, step.end_s):
            for endpoint, counts in self._counts[number].items():
                by_endpoint[endpoint] += counts
        part = Part(
            float(step.measured_s),
            {tag: histogram for tag, histogram in found.items() if histogram.count},
            {endpoint: total(counts) for endpoint, counts in by_endpoint.items()},
        )
        edges = {number: self._whole(number) for number in (step.from_s - 1, step.end_s - 1)}
        return measured_step(step, part, edges)

    def _whole(self, number: int) -> Counts:
        return sum_of({endpoint: total(counts) for endpoint, counts in self._counts[number].items()})
