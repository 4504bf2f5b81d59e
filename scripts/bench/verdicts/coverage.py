"""How often the interval of a run's p95 holds the true one."""

import math
from collections.abc import Iterator

import numpy as np
from scipy import special

from analysis.histogram import Histogram
from analysis.interval import SECTIONS
from analysis.measurement import Measurement, Part, merged
from analysis.metric_table import metric_rows
from scripts.bench.verdicts.row import Row, between
from scripts.bench.verdicts.world import START_UTC, Floats, ar1

RUN_S = 300
PER_SECOND = 20
LATENCY_SD = 0.5
LEVEL_SD = 0.15
MEDIAN_US = 200_000.0
PHIS = (0.0, 0.5, 0.9)


def coverage_rows(runs: int) -> Iterator[Row]:
    for phi in PHIS:
        yield between(
            "Interval of one run",
            f"95 % interval of p95 over {RUN_S} s, level AR(1) {phi:g}: holds the true p95",
            covered(phi, runs),
            0.90,
            0.97,
        )


def covered(phi: float, runs: int) -> list[bool]:
    """Of the rows that a result would have."""
    random = np.random.default_rng([61, round(100 * phi)])
    true_us = MEDIAN_US * math.exp(float(special.ndtri(0.95)) * math.hypot(LATENCY_SD, LEVEL_SD))
    found = []
    for _ in range(runs):
        measurement = _measurement(random, ar1(random, RUN_S, phi, LEVEL_SD))
        row = next(row for row in metric_rows([measurement], ()) if row.statistic == "p95")
        found.append(row.low is not None and row.high is not None and row.low <= true_us <= row.high)
    return found


def _measurement(random: np.random.Generator, levels: Floats) -> Measurement:
    logs = np.repeat(levels, PER_SECOND) + random.normal(0.0, LATENCY_SD, RUN_S * PER_SECOND)
    sections = []
    for times in np.split(MEDIAN_US * np.exp(logs), SECTIONS):
        histogram = Histogram()
        histogram.record_all(np.rint(times).astype(np.int64))
        sections.append(Part(RUN_S / SECTIONS, {"query.response": histogram}, {}))
    return Measurement("simulated", START_UTC, ((0, RUN_S),), merged(sections), tuple(sections))
