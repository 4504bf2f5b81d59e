"""Error rates of the screen: new runs against the stored runs of a baseline."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from analysis.comparison import compare, overall
from analysis.gate import GateRules
from analysis.noise import default_floor
from analysis.profile import Model
from analysis.result import Outcome
from scripts.bench.verdicts.row import Row, at_most
from scripts.bench.verdicts.world import (
    EIGHT,
    ONE,
    Suite,
    World,
    host_levels,
    run_summaries,
    scattered,
    wide_suite,
)

RULES = GateRules(Model.OPEN, {"stream"}, {})
STORED_RUNS = 5
PHIS = (0.0, 0.5, 0.9)
CANDIDATES = (1, 3, 5)
SESSIONS = (2, 4)
TIMES_FLOOR = (0.5, 1.0, 2.0, 3.0)
TABLE = "Stored baseline"


def stored_rows(gates: int, boundary: int, suites: int) -> Iterator[Row]:
    """`gates` are shared out over the kinds of noise and the numbers of candidate runs."""
    each = math.ceil(gates / len(PHIS) / len(CANDIDATES))
    for candidates in CANDIDATES:
        found = [outcome for phi in PHIS for outcome in unchanged(World(phi), EIGHT, candidates, each)]
        yield at_most(
            TABLE,
            f"unchanged, {candidates} new runs in another session: REGRESSION",
            [outcome is Outcome.REGRESSION for outcome in found],
            0.01,
            f"PASS {_share(found, Outcome.PASS)}",
        )
    for sessions in SESSIONS:
        found = [
            outcome for phi in PHIS for outcome in unchanged(World(phi), EIGHT, 3, each, sessions=sessions)
        ]
        yield at_most(
            TABLE,
            f"the same with 3 new runs, a baseline of {sessions} sessions: REGRESSION",
            [outcome is Outcome.REGRESSION for outcome in found],
            0.01,
            f"PASS {_share(found, Outcome.PASS)}",
        )
    for times in TIMES_FLOOR:
        found = at_the_margin(times, boundary)
        for word in (Outcome.REGRESSION, Outcome.PASS):
            yield at_most(
                TABLE,
                f"changed by the margin, noise {times:g} x the floor: {word.name}",
                [outcome is word for outcome in found],
                0.06,
            )
    found = unchanged(World(0.0, level_sd=0.0, drift_sd=0.0, session_sd=0.0, run_sd=0.05), WIDE, 5, suites)
    yield at_most(
        TABLE,
        "unchanged, 48 metrics that scatter by 5 %: REGRESSION",
        [outcome is Outcome.REGRESSION for outcome in found],
        0.01,
    )


WIDE = wide_suite(16)


def unchanged(world: World, suite: Suite, candidates: int, gates: int, *, sessions: int = 1) -> list[Outcome]:
    """The candidates come from a session that the baseline knows nothing of."""
    random = np.random.default_rng([51, candidates, round(100 * world.phi), len(suite.times), sessions])
    found = []
    for _ in range(gates):
        stored = [
            run
            for day in range(sessions)
            for run in run_summaries(random, world, suite, host_levels(random, world, STORED_RUNS), day)
        ]
        new = run_summaries(random, world, suite, host_levels(random, world, candidates))
        found.append(overall(compare(stored, new, RULES, {})))
    return found


def at_the_margin(times_floor: float, gates: int) -> list[Outcome]:
    """One metric, truly changed by its margin: REGRESSION and PASS are both claims without proof."""
    [(key, statistic)] = ONE.times
    endpoint, _, metric = key.partition(".")
    sd = times_floor * default_floor(metric, statistic)
    change = math.log1p(RULES.margin(endpoint, metric, statistic))
    random = np.random.default_rng([52, round(10 * times_floor)])
    found = []
    for gate in range(gates):
        candidates = CANDIDATES[gate % len(CANDIDATES)]
        stored = scattered(ONE, random.normal(0.0, sd, (STORED_RUNS, 1)))
        new = scattered(ONE, random.normal(change, sd, (candidates, 1)))
        found.append(overall(compare(stored, new, RULES, {})))
    return found


def _share(found: Sequence[Outcome], wanted: Outcome) -> str:
    return f"{sum(outcome is wanted for outcome in found) / len(found):.0%}"
