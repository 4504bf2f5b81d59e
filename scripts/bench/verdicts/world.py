"""How an unchanged service and its host scatter, and runs of it as a comparison sees them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analysis.gate import PERCENTS
from analysis.run_summary import RunSummary, Summary

Floats = npt.NDArray[np.float64]

START_UTC = "2026-01-05T06:00:00Z"


@dataclass(frozen=True, slots=True)
class World:
    """Deviations are of logarithms. Host noise moves all metrics of a run together, the rest each alone."""

    phi: float
    """Of the level from second to second within a run, an AR(1) series."""
    level_sd: float = 0.05
    run_sd: float = 0.01
    drift_sd: float = 0.03
    drift_phi: float = 0.8
    """From run to run."""
    session_sd: float = 0.03
    latency_sd: float = 0.5
    """Of single latencies around the level."""
    run_s: int = 120
    requests: int = 2880
    """Of one endpoint in one run."""
    error_ratio: float = 0.002

    @property
    def mean_level_sd(self) -> float:
        """Of a run's mean level, as far as the seconds within it explain it."""
        return self.level_sd * math.sqrt((1 + self.phi) / (1 - self.phi) / self.run_s)

    def counting_sd(self, statistic: str) -> float:
        """Of a percentile, by the finite number of requests (David and Nagaraja, Order Statistics, 2003)."""
        share = PERCENTS[statistic] / 100
        z = float(special.ndtri(share))
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return self.latency_sd * math.sqrt(share * (1 - share) / self.requests) / density


QUIET = World(phi=0.0, level_sd=0.0, run_sd=0.0, drift_sd=0.0, session_sd=0.0)
"""A host without noise: what scatters then is said by the caller."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The times that runs have, as `<endpoint>.<metric>` and statistic, and endpoints with an error ratio."""

    times: tuple[tuple[str, str], ...]
    errors: tuple[str, ...] = ()


EIGHT = Suite(
    times=(
        ("query.response", "p95"),
        ("query.response", "p50"),
        ("stream.response", "p50"),
        ("stream.response", "p95"),
        ("stream.ttft", "p50"),
        ("stream.ttft", "p95"),
    ),
    errors=("query", "stream"),
)
"""What two endpoints have gated; the first is the one that a simulated change hits."""

ONE = Suite(times=EIGHT.times[:1])


def wide_suite(endpoints: int) -> Suite:
    """Three percentiles for each of many endpoints."""
    names = [f"endpoint{number:02d}.response" for number in range(endpoints)]
    return Suite(times=tuple((name, statistic) for name in names for statistic in ("p50", "p95", "p99")))


def host_levels(random: np.random.Generator, world: World, runs: int) -> Floats:
    """Log levels of the consecutive runs of one session: its shift, and drift from run to run."""
    levels: Floats = random.normal(0.0, world.session_sd) + ar1(random, runs, world.drift_phi, world.drift_sd)
    return levels


def ar1(random: np.random.Generator, length: int, phi: float, sd: float) -> Floats:
    """A stationary AR(1) series with this standard deviation."""
    steps = random.normal(0.0, sd * math.sqrt(1 - phi * phi), length)
    series = np.empty(length)
    level = random.normal(0.0, sd)
    for index, step in enumerate(steps.tolist()):
        level = phi * level + step
        series[index] = level
    return series


def run_summaries(
    random: np.random.Generator, world: World, suite: Suite, levels: Floats, day: int = 0
) -> list[RunSummary]:
    """A run of that day for each level; what the seconds within it add to the level is drawn at once."""
    levels = levels + random.normal(0.0, world.mean_level_sd, len(levels))
    own_sd = [math.hypot(world.run_sd, world.counting_sd(statistic)) for _, statistic in suite.times]
    own = random.normal(0.0, 1.0, (len(levels), len(suite.times))) * np.asarray(own_sd)
    logs = levels[:, np.newaxis] + own
    failures = random.binomial(world.requests, world.error_ratio, (len(levels), len(suite.errors)))
    return [
        _summary(world, suite, row, failed, day)
        for row, failed in zip(np.exp(logs).tolist(), failures.tolist(), strict=True)
    ]


def abba(runs: Sequence[RunSummary]) -> list[tuple[RunSummary, RunSummary]]:
    """Consecutive runs as pairs, the baseline's first; every other pair was made in the other order."""
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    return [(second, first) if index % 2 else (first, second) for index, (first, second) in enumerate(pairs)]


def scattered(suite: Suite, logs: Floats) -> list[RunSummary]:
    """Runs whose times are these logarithms, `(runs, times)`, and nothing else."""
    return [_summary(QUIET, suite, row, [0] * len(suite.errors)) for row in np.exp(logs).tolist()]


def _summary(
    world: World, suite: Suite, factors: Sequence[float], failed: Sequence[int], day: int = 0
) -> RunSummary:
    values: dict[str, dict[str, float]] = {}
    for (key, statistic), factor in zip(suite.times, factors, strict=True):
        values.setdefault(key, {})[statistic] = _TYPICAL_US[statistic] * factor
    series = {key: Summary(world.requests, found) for key, found in values.items()}
    for endpoint, number in zip(suite.errors, failed, strict=True):
        series[f"{endpoint}.errors"] = Summary(world.requests, {"ratio": number / world.requests})
    return RunSummary("simulated", START_UTC.replace("05", f"{5 + day:02}"), float(world.run_s), series)


_TYPICAL_US = {"p50": 200_000.0, "p95": 450_000.0, "p99": 640_000.0}
