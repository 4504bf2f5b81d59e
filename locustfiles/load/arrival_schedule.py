"""When requests are due in the open model: a pure function of profile, seed and worker."""

import math
import random
from collections.abc import Iterator

from analysis.capacity_step import Step
from analysis.profile import Arrivals, LoadProfile, Stage


class RateIntegral:
    """The exact integral of the profile's arrival rate, and its inverse."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._pieces: list[tuple[float, float, float, float, float]] = []
        start_s, expected, level = 0.0, 0.0, 0.0
        for stage in stages:
            begin = level if stage.ramp else stage.level
            slope = (stage.level - begin) / stage.duration_s
            self._pieces.append((start_s, stage.duration_s, begin, slope, expected))
            expected += (begin + stage.level) / 2 * stage.duration_s
            start_s += stage.duration_s
            level = stage.level
        self.total = expected

    def time_of(self, expected: float) -> float | None:
        """Seconds from the start at which this many arrivals are expected; None beyond the profile's end."""
        if expected > self.total:
            return None
        for start_s, duration_s, begin, slope, before in self._pieces:
            inside = expected - before
            area = (begin + slope * duration_s / 2) * duration_s
            if inside <= area and area > 0:
                # Root of begin*t + slope*t^2/2 = inside, in the form that is stable for small slopes.
                root = math.sqrt(max(0.0, begin * begin + 2 * slope * inside))
                denominator = begin + root
                return start_s + (2 * inside / denominator if denominator else 0.0)
        return None


def arrival_times(profile: LoadProfile, *, seed: int, worker: int, workers: int) -> Iterator[float]:
    """Due times of one worker in seconds from the start, in order.

    Constant arrivals are dealt out in turn, so the union over all workers is the exact schedule.
    Poisson arrivals are independent on each worker, each with its share of the rate.
    """
    integral = RateIntegral(profile.stages)
    return _spaced(integral, profile.arrivals, f"arrivals/{seed}/{worker}", worker=worker, workers=workers)


def step_times(step: Step, arrivals: Arrivals, *, seed: int, worker: int, workers: int) -> Iterator[float]:
    """The same for one step of a search, however early it is cut later."""
    integral = RateIntegral((Stage("step", step.end_s - step.start_s, step.rate_per_s),))
    key = f"arrivals/{seed}/{worker}/{step.start_s}"
    for due_s in _spaced(integral, arrivals, key, worker=worker, workers=workers):
        yield step.start_s + due_s


def _spaced(
    integral: RateIntegral, arrivals: Arrivals, key: str, *, worker: int, workers: int
) -> Iterator[float]:
    if arrivals is Arrivals.CONSTANT:
        # Half a step in: the first arrival of a constant stream is not at its very start.
        expected, step = worker + 0.5, float(workers)
        while (due := integral.time_of(expected)) is not None:
            yield due
            expected += step
        return
    draws = random.Random(key)  # noqa: S311 - load, not secrets
    expected = 0.0
    while True:
        expected += draws.expovariate(1.0) * workers
        due = integral.time_of(expected)
        if due is None:
            return
        yield due


def endpoint_draws(mix: dict[str, float], *, seed: int, worker: int) -> Iterator[str]:
    """An endless, seeded sequence of endpoint names in the proportions of the mix."""
    names, weights = list(mix), list(mix.values())
    draws = random.Random(f"mix/{seed}/{worker}")  # noqa: S311 - load, not secrets
    while True:
        yield draws.choices(names, weights)[0]
