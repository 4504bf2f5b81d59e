"""Weekly histories made up with a seed, to see how often the change points are right."""

import math

import numpy as np

from analysis.change_point import ChangePoint, change_points

LEAST_SHIFT = math.log1p(0.05)
"""What the history asks of percentiles up to p95."""


def weeks(
    random: np.random.Generator, count: int, *, deviation: float, correlation: float = 0.0
) -> list[float]:
    """Logarithms around 0, each correlated with the week before."""
    noise = random.normal(0.0, deviation, count)
    for week in range(1, count):
        noise[week] = correlation * noise[week - 1] + math.sqrt(1 - correlation**2) * noise[week]
    return [float(value) for value in noise]


def flagged_share(
    histories: int, *, count: int = 52, deviation: float = 0.03, correlation: float = 0.0, seed: int = 1
) -> float:
    """Share of histories without any change in which one is reported."""
    random = np.random.default_rng([seed, 10, count, round(deviation * 1e6), round(correlation * 1e6)])
    flagged = 0
    for _ in range(histories):
        series = weeks(random, count, deviation=deviation, correlation=correlation)
        flagged += bool(change_points(series, least_shift=LEAST_SHIFT))
    return flagged / histories


def seen_share(
    histories: int,
    *,
    change: float = 0.10,
    before: int = 40,
    within: int = 4,
    deviation: float = 0.03,
    seed: int = 1,
) -> float:
    """Share of histories in which a change is reported within so many weeks, two beside its place at most."""
    random = np.random.default_rng([seed, 11, before, within, round(deviation * 1e6), round(change * 1e6)])
    seen = 0
    for _ in range(histories):
        old = weeks(random, before, deviation=deviation)
        new = [math.log1p(change) + value for value in weeks(random, within, deviation=deviation)]
        seen += any(_is_at(found, before) for last in range(1, within + 1)
                    for found in change_points([*old, *new[:last]], least_shift=LEAST_SHIFT))  # fmt: skip
    return seen / histories


def _is_at(found: ChangePoint, place: int) -> bool:
    return found.shift > 0 and abs(found.index - place) <= 2
