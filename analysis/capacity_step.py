"""One step of a search for the capacity: the load that was asked for, and whether objectives were kept."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.counts import Counts
from analysis.event import Event, EventKind
from analysis.gate import PERCENTS
from analysis.histogram import Histogram
from analysis.measurement import GENERATOR, Measurement, Part, sum_of
from analysis.objective import MEMORY, evaluate
from analysis.profile_parts import Search
from analysis.result import ObjectiveRow
from analysis.target_parts import Objective

LEAST_ANSWERED = 0.97
"""Of what was sent: a service that falls behind by more could not go on like that."""
MOST_DROPPED = 0.01
LATE_SHARE = 0.1
"""Of a limit on a time, or of the time that requests take: when the generator itself was late by more, what
was missed shows nothing about the service."""

_NOISE = 3.0
"""Standard deviations of what chance does to a number of requests."""


@dataclass(frozen=True, slots=True)
class Step:
    """Whole seconds on the run's time axis: load from `start_s`, measured from `from_s`, both to `end_s`."""

    rate_per_s: float
    start_s: int
    from_s: int
    end_s: int
    cut: str | None = None
    """Why it counts as missed whatever its figures say: the abort rule that ended it, or what it left."""

    @property
    def measured_s(self) -> int:
        return max(0, self.end_s - self.from_s)

    def fields(self) -> dict[str, Any]:
        """What the event of the step says."""
        return {
            "rate_per_s": self.rate_per_s,
            "start_s": self.start_s,
            "from_s": self.from_s,
            "end_s": self.end_s,
            "cut": self.cut,
        }


def first_step(search: Search) -> Step:
    """The step that a run begins with; workers know it from the profile."""
    return Step(search.start_per_s, 0, search.warm_up_s, search.warm_up_s + search.step_s)


def step_after(search: Search, rate_per_s: float, now_s: float) -> Step:
    """A step that begins soon, and not before every worker has heard of it."""
    start_s = int(now_s) + 2
    from_s = start_s + search.settle_s
    return Step(rate_per_s, start_s, from_s, from_s + search.step_s)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """`kept` is None for a step that shows nothing; `reason` says why it is not True."""

    step: Step
    kept: bool | None
    reason: str | None
    answered_per_s: float | None
    """Successes while it went on; None where nothing was measured."""


def steps_of(events: Iterable[Event]) -> tuple[Step, ...]:
    """The steps that a run came to the end of."""
    return tuple(_steps(events))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step's measured slices hold, and by how many requests more were in flight at their end."""

    part: Part
    growth: int

    @property
    def answered_per_s(self) -> float:
        """Successes while the step went on; the rest of them came after it."""
        return max(0, sum_of(self.part.totals).ok - self.growth) / self.part.seconds


def measured_step(step: Step, part: Part, slices: Mapping[int, Counts]) -> Measured:
    """`slices` holds the counts of all endpoints in the last slice before the measured part and in its last.

    What ends after a stretch of the load in which it was due is filed in the last slice of that stretch: so
    many more ended than began in that slice as were in flight when it began.
    """
    before, last = (slices.get(number, Counts()) for number in (step.from_s - 1, step.end_s - 1))
    return Measured(part, _ended(last) - last.started - (_ended(before) - before.started))


def outcome_of(step: Step, measured: Measured | None, objectives: Sequence[Objective]) -> StepOutcome:
    """Whether the objectives were kept; `measured` is None for a step without measured slices."""
    part = None if measured is None else measured.part
    answered_per_s = None if measured is None else measured.answered_per_s
    if step.cut is not None:
        void = None if part is None else _generator_behind(part)
        return StepOutcome(step, False if void is None else None, void or step.cut, answered_per_s)
    if measured is None or part is None:
        return StepOutcome(step, None, "the run ended before its measured part", None)
    void = _not_drawn(step, part)
    missed = _dropped(part) or _behind(measured)
    if void is None and missed is not None:
        void = _generator_behind(part)
    elif void is None:
        broken = [row for row in _evaluated(part, objectives) if row.met is False]
        missed = "; ".join(_missed(row) for row in broken) or None
        void = _late(part, broken) if broken else None
    if void is not None:
        return StepOutcome(step, None, void, answered_per_s)
    return StepOutcome(step, missed is None, missed, answered_per_s)


def _steps(events: Iterable[Event]) -> Iterator[Step]:
    for event in events:
        if event["kind"] != EventKind.STEP:
            continue
        match event:
            case {"rate_per_s": float() | int() as rate_per_s, "start_s": int() as start_s,
                  "from_s": int() as from_s, "end_s": int() as end_s}:  # fmt: skip
                cut = event.get("cut")
                yield Step(float(rate_per_s), start_s, from_s, end_s, cut if isinstance(cut, str) else None)


def _not_drawn(step: Step, part: Part) -> str | None:
    asked, due = step.rate_per_s * part.seconds, sum_of(part.totals).due
    if due >= LEAST_ANSWERED * asked - _NOISE * math.sqrt(asked):
        return None
    return f"the generator asked for {due} requests in place of {asked:.0f}"


def _dropped(part: Part) -> str | None:
    counts = sum_of(part.totals)
    if counts.dropped <= MOST_DROPPED * counts.due:
        return None
    return f"{counts.dropped} of {counts.due} requests were dropped, as too many were in flight"


def _behind(measured: Measured) -> str | None:
    """In a steady state as many requests end as begin, but for chance: that of how many are in flight."""
    part, growth = measured.part, measured.growth
    started = sum_of(part.totals).started
    chance = _NOISE * math.sqrt(2 * max(1.0, _in_flight(part)))
    if growth <= max((1 - LEAST_ANSWERED) * started, chance):
        return None
    return f"of {started} requests {growth} waited longer and longer, as the service answered fewer"


def _generator_behind(part: Part) -> str | None:
    """What it did not send or read in time piles up as if the service had not answered."""
    took_us, sent_us, read_us = (_mean_us(part, name) for name in ("response", "send_lag", "wake_lag"))
    if took_us is None:
        return None
    late_us = (sent_us or 0.0) + (read_us or 0.0)
    if late_us <= LATE_SHARE * (took_us + (read_us or 0.0)):
        return None
    return (
        f"the generator could not keep up: of the {took_us / 1000:.4g} ms that requests took, "
        f"it was late itself by {late_us / 1000:.4g} ms"
    )


def _mean_us(part: Part, metric: str) -> float | None:
    merged = Histogram()
    for histogram in _of(part, metric):
        merged.merge(histogram)
    return merged.mean_us


def _ended(counts: Counts) -> int:
    return counts.ok + counts.failures + counts.aborted


def _in_flight(part: Part) -> float:
    """On average, by Little's law."""
    busy_us = 0.0
    for histogram in _of(part, "response"):
        busy_us += (histogram.mean_us or 0.0) * histogram.count
    return busy_us / 1e6 / part.seconds


def _evaluated(part: Part, objectives: Sequence[Objective]) -> tuple[ObjectiveRow, ...]:
    """Memory is a matter of the whole run."""
    concerned = [objective for objective in objectives if objective.metric not in MEMORY]
    return evaluate(concerned, [Measurement("", "", (), part, ())], [])


def _late(part: Part, broken: Sequence[ObjectiveRow]) -> str | None:
    """Only times that are missed can be the generator's fault; anything else that is missed is enough."""
    timed = [row for row in broken if row.unit == "us" and row.statistic in PERCENTS]
    if len(timed) < len(broken):
        return None
    lags = Histogram()
    for histogram in _of(part, "send_lag"):
        lags.merge(histogram)
    for row in timed:
        lag_us = lags.percentile(PERCENTS[row.statistic] / 100)
        if lag_us is None or lag_us <= LATE_SHARE * row.limit:
            return None
    return "the generator was late itself by more than a tenth of the limits that were missed"


def _of(part: Part, metric: str) -> Iterator[Histogram]:
    for tag, histogram in part.histograms.items():
        endpoint, _, name = tag.partition(".")
        if name == metric and endpoint != GENERATOR:
            yield histogram


def _missed(row: ObjectiveRow) -> str:
    value = row.value or 0.0
    match row.unit:
        case "us":
            return f"{row.name}: {value / 1000:.4g} ms"
        case "ratio":
            return f"{row.name}: {value:.2%}"
        case _:
            return f"{row.name}: {value:.4g} {row.unit}"
