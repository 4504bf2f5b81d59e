"""Error rates of interleaved pairs, with looks after 4, 6, 8, 10 and 12 of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.looks import MOST_PAIRS, looks_taken
from analysis.noise import Spread
from analysis.pair import Pair
from analysis.pair_noise import default_pair_floor
from analysis.result import Outcome
from scripts.bench.verdicts.row import Row, at_least, at_most
from scripts.bench.verdicts.stored_gates import PHIS, RULES, TIMES_FLOOR, WIDE
from scripts.bench.verdicts.world import (
    EIGHT,
    ONE,
    Floats,
    Suite,
    World,
    abba,
    host_levels,
    run_summaries,
    scattered,
)

TABLE = "Interleaved pairs"
NOISE = 0.027
"""Of the difference in a pair: the most at which a change of ten percent must be found."""
NOISES = (0.015, NOISE, 0.04)
MARGIN = 0.05
CHANGE = 0.10
FLOOR_DF = 24


@dataclass(frozen=True, slots=True)
class Gate:
    """How a session of pairs ended."""

    outcome: Outcome
    pairs: int


def paired_rows(gates: int, power: int, boundary: int, suites: int) -> Iterator[Row]:
    """`gates` are shared out over the kinds of noise; `power` and `boundary` are for each noise."""
    found = [gate for phi in PHIS for gate in unchanged(World(phi), EIGHT, math.ceil(gates / len(PHIS)))]
    yield at_most(
        TABLE, "unchanged, on a noisy host: REGRESSION", _are(found, Outcome.REGRESSION), 0.01, _told(found)
    )
    for noise in NOISES:
        found = changed(CHANGE, noise, power)
        if noise <= NOISE:
            what = f"p95 of one of 8 changed by +10 %, pair noise {100 * noise:g} %: REGRESSION"
            yield at_least(TABLE, what, _are(found, Outcome.REGRESSION), 0.95, _told(found))
        what = f"p95 of one of 8 changed by +10 %, pair noise {100 * noise:g} %: PASS"
        yield at_most(TABLE, what, _are(found, Outcome.PASS), 0.001)
    found = changed(CHANGE, NOISE, power, calibrated=False)
    what = f"the same, {100 * NOISE:g} %, without a calibration: REGRESSION"
    yield at_least(TABLE, what, _are(found, Outcome.REGRESSION), 0.95, _told(found))
    yield at_most(TABLE, what.replace("REGRESSION", "PASS"), _are(found, Outcome.PASS), 0.001)
    for calibrated, floor in ((True, "the floor"), (False, "the default floor")):
        for times in TIMES_FLOOR:
            found = at_the_margin(times, boundary, calibrated=calibrated)
            for word in (Outcome.REGRESSION, Outcome.PASS):
                what = f"changed by the margin, noise {times:g} x {floor}: {word.name}"
                yield at_most(TABLE, what, _are(found, word), 0.06)
    found = unchanged(World(0.0, level_sd=0.0, drift_sd=0.0, session_sd=0.0, run_sd=0.05), WIDE, suites)
    yield at_most(
        TABLE, "unchanged, 48 metrics that scatter by 5 %: REGRESSION", _are(found, Outcome.REGRESSION), 0.01
    )


def unchanged(world: World, suite: Suite, gates: int) -> list[Gate]:
    """Both arms are runs of one session, in ABBA order."""
    random = np.random.default_rng([53, round(100 * world.phi), len(suite.times)])
    found = []
    for _ in range(gates):
        runs = run_summaries(random, world, suite, host_levels(random, world, 2 * MOST_PAIRS))
        found.append(_decided(abba(runs), {}))
    return found


def changed(change: float, noise: float, gates: int, *, calibrated: bool = True) -> list[Gate]:
    """The first of eight metrics truly changed, on a host whose noise is known from A/A pairs or is not."""
    random = np.random.default_rng([54, round(1000 * change), round(1000 * noise)])
    floors = _floors(EIGHT, noise) if calibrated else {}
    return [_decided(_pairs(random, EIGHT, change, noise), floors) for _ in range(gates)]


def at_the_margin(times_floor: float, gates: int, *, calibrated: bool = True) -> list[Gate]:
    """One metric, truly changed by its margin: REGRESSION and PASS are both claims without proof."""
    [(_, statistic)] = ONE.times
    floor = NOISE if calibrated else default_pair_floor(statistic)
    random = np.random.default_rng([55, round(10 * times_floor)])
    floors = _floors(ONE, NOISE) if calibrated else {}
    return [_decided(_pairs(random, ONE, MARGIN, times_floor * floor), floors) for _ in range(gates)]


def _pairs(random: np.random.Generator, suite: Suite, change: float, noise: float) -> list[Pair]:
    """What moves both runs of a pair alike is left out, as no comparison of pairs can see it."""
    shape = (MOST_PAIRS, len(suite.times))
    old: Floats = random.normal(0.0, noise / math.sqrt(2), shape)
    new: Floats = random.normal(0.0, noise / math.sqrt(2), shape)
    new[:, 0] += math.log1p(change)
    return list(zip(scattered(suite, old), scattered(suite, new), strict=True))


def _floors(suite: Suite, noise: float) -> Mapping[str, Spread]:
    spread = Spread(noise, FLOOR_DF, floored=True)
    return {f"{key}.{statistic}": spread for key, statistic in suite.times}


def _decided(pairs: Sequence[Pair], floors: Mapping[str, Spread]) -> Gate:
    last = looks_taken(pairs, RULES, floors, MOST_PAIRS)[-1]
    return Gate(last.outcome, last.pairs)


def _are(found: Sequence[Gate], wanted: Outcome) -> list[bool]:
    return [gate.outcome is wanted for gate in found]


def _told(found: Sequence[Gate]) -> str:
    words = [word for word in Outcome if any(gate.outcome is word for gate in found)]
    shares = [f"{word.name} {sum(gate.outcome is word for gate in found) / len(found):.1%}" for word in words]
    return ", ".join([*shares, f"{sum(gate.pairs for gate in found) / len(found):.1f} pairs"])
