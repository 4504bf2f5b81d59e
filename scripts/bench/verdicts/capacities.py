"""How near a search for the capacity comes to it, and how often its interval holds it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.capacity import Trial, estimate, next_rate
from analysis.profile import Search
from analysis.result import SearchEnd
from scripts.bench.verdicts.row import Row, at_least

TABLE = "Capacity"
BLURS = (0.0, 0.02, 0.05)
"""Standard deviation of the logarithm of what the service can do in one step."""
LAPSE = 0.02
"""Share of the steps that end other than their rate deserves."""
LEAST_PER_S, MOST_PER_S = 5.0, 2000.0
NEAR = 0.1
SEARCH = Search(start_per_s=20.0)


@dataclass(frozen=True, slots=True)
class Found:
    """How one search ended."""

    near: bool
    held: bool
    steps: int


def capacity_rows(searches: int) -> Iterator[Row]:
    for blur in BLURS:
        found = [searched(blur, seed) for seed in range(searches)]
        knee = f"knee blurred by {100 * blur:g} %, one step in {1 / LAPSE:g} spoilt"
        steps = f"{sum(one.steps for one in found) / len(found):.0f} steps"
        yield at_least(
            TABLE, f"{knee}: within {100 * NEAR:g} % of it", [one.near for one in found], 0.95, steps
        )
        yield at_least(TABLE, f"{knee}: in its 95 % interval", [one.held for one in found], 0.90)


def searched(blur: float, seed: int) -> Found:
    """By the search of the load profile `breakpoint`; which service it meets is drawn, too."""
    random = np.random.default_rng([101, round(100 * blur), seed])
    true_per_s = math.exp(random.uniform(math.log(LEAST_PER_S), math.log(MOST_PER_S)))
    trials: list[Trial] = []
    while not isinstance(rate_per_s := next_rate(SEARCH, trials, len(trials)), SearchEnd):
        kept = rate_per_s <= true_per_s * math.exp(random.normal(0.0, blur))
        trials.append(Trial(rate_per_s, kept != (random.uniform() < LAPSE)))
    found = estimate(trials)
    if found is None:
        return Found(near=False, held=False, steps=len(trials))
    return Found(
        near=abs(found.rate_per_s / true_per_s - 1) <= NEAR,
        held=found.low_per_s <= true_per_s <= found.high_per_s,
        steps=len(trials),
    )
