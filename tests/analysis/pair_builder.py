"""Pairs of runs with known noise and a known change, as their summaries."""

import numpy as np

from analysis.gate import GateRules
from analysis.pair import Pair
from analysis.profile import Model
from analysis.run_summary import RunSummary, Summary

RULES = GateRules(Model.CLOSED, {"stream"}, {})
STATISTICS = {"p50": 200e3, "p95": 400e3, "p99": 800e3}
REQUESTS = 3000


def pairs(
    count: int,
    *,
    change: float = 0.0,
    noise: float = 0.01,
    drift: float = 0.0,
    seed: int = 1,
    requests: int = REQUESTS,
    metric: str = "query.response",
) -> list[Pair]:
    """`noise` is the deviation of a pair's difference, `drift` the growth of the log from run to run."""
    random = np.random.default_rng([seed, count])
    made: list[Pair] = []
    for number in range(1, count + 1):
        runs: dict[str, RunSummary] = {}
        for place, arm in enumerate("AB" if number % 2 else "BA"):
            at = 2 * (number - 1) + place
            factor = np.exp(random.normal(0, noise / 2**0.5) + drift * at) * (1 + change if arm == "B" else 1)
            values = {name: value * float(factor) for name, value in STATISTICS.items()}
            runs[arm] = run(f"{number}{arm}", **{metric.replace(".", "__"): Summary(requests, values)})
        made.append((runs["A"], runs["B"]))
    return made


def run(name: str, **series: Summary) -> RunSummary:
    """Keyword names have two underscores for the dot, and `all` for all endpoints together."""
    named = {key.replace("__", ".").replace("all.", "*."): summary for key, summary in series.items()}
    return RunSummary(name, "2025-11-21T10:00:00Z", 60.0, named)


def pairs_of(
    statistic: str, a: list[float], b: list[float], *, metric: str, requests: int = REQUESTS
) -> list[Pair]:
    """One statistic with the values given for each arm."""
    key = metric.replace("*", "all").replace(".", "__")
    return [
        (
            run(f"a{at}", **{key: Summary(requests, {statistic: old})}),
            run(f"b{at}", **{key: Summary(requests, {statistic: new})}),
        )
        for at, (old, new) in enumerate(zip(a, b, strict=True))
    ]
