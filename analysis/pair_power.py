"""Before a session of pairs: how likely an unchanged version passes, given the noise of earlier pairs."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import special

from analysis.arms import name_parts
from analysis.comparison import limits_of
from analysis.gate import GateRules, first_eight
from analysis.interval import student
from analysis.looks import ALPHA_PER_LOOK
from analysis.noise import Spread
from analysis.pair_noise import LEAST_DEVIATION
from analysis.power import Forecast

_PARTS = 200
"""Of the distribution of the deviation that the pairs will show; a finer cut changes no digit shown."""


def pairs_forecast(floors: Mapping[str, Spread], rules: GateRules, most_pairs: int) -> tuple[Forecast, ...]:
    """What decides, the least likely to pass first; each is taken to rest on enough observations.

    Looks before the last one only add to the chance.
    """
    rules = replace(rules, paired=True)
    ranks = {name: rules.rank(*name_parts(name)) for name in floors}
    primary = first_eight((rank, name, True) for name, rank in ranks.items() if rank is not None)
    found = (Forecast(name, _chance(name, floors[name], rules, most_pairs)) for name in primary)
    return tuple(sorted(found, key=lambda one: (one.chance, one.name)))


def pairs_pass(limit: float, floor: Spread, pairs: int) -> float:
    """That the interval of so many pairs ends below the limit, when they scatter as the floor says.

    The interval is as wide as the larger of floor and scatter makes it, so the chance is a mean over all
    scatters that are possible.
    """
    if math.isinf(limit):
        return 1.0
    df = pairs - 1
    at = (np.arange(_PARTS) + 0.5) / _PARTS
    scatter = np.sqrt(special.chdtri(df, at) / df)  # in deviations of the floor
    quantile = np.where(
        scatter < 1, student(1 - ALPHA_PER_LOOK, max(df, floor.df)), student(1 - ALPHA_PER_LOOK, df)
    )
    deviation = max(floor.deviation, LEAST_DEVIATION)
    reach = limit * math.sqrt(pairs) / deviation - quantile * np.maximum(1.0, scatter)
    return float(special.ndtr(reach).mean())


def _chance(name: str, floor: Spread, rules: GateRules, pairs: int) -> float:
    endpoint, metric, statistic = name_parts(name)
    margin = rules.margin(endpoint, metric, statistic)
    limits = limits_of(statistic, margin, rules.direction(metric).sign)
    return pairs_pass(limits.worse, floor, pairs)
