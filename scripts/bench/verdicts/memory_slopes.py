"""How often a process whose memory stays is said to grow, and how often one that grows is."""

from collections.abc import Iterator

import numpy as np

from analysis.growth import growth
from scripts.bench.verdicts.row import Row, at_least, at_most
from scripts.bench.verdicts.world import ar1

TABLE = "Memory growth"
RUN_S = 1800
EVERY_S = 5
NOISE_MB = 2.0
GROWTH_MB = 6.0
"""Over the whole run."""
SAWTOOTH_S = 60
SAWTOOTH_MB = 20.0
"""What a garbage collector lets pile up."""


def memory_rows(runs: int) -> Iterator[Row]:
    for what, sawtooth_mb in (("", 0.0), (f" and a sawtooth of {SAWTOOTH_S} s", SAWTOOTH_MB)):
        grew = [said_to_grow(0.0, sawtooth_mb, seed) for seed in range(runs)]
        yield at_most(TABLE, f"memory that stays, AR(1) 0.9{what}: said to grow", grew, 0.08)
    grew = [said_to_grow(GROWTH_MB, 0.0, runs + seed) for seed in range(runs)]
    what = f"{GROWTH_MB:g} MB more in {RUN_S // 60} min, AR(1) 0.9: said to grow"
    yield at_least(TABLE, what, grew, 0.90)


def said_to_grow(growth_mb: float, sawtooth_mb: float, seed: int) -> bool:
    """In one run, which begins anywhere within a tooth."""
    random = np.random.default_rng([81, seed])
    times_s = np.arange(0.0, RUN_S, EVERY_S)
    teeth = (times_s / SAWTOOTH_S + random.uniform()) % 1.0
    course = growth_mb * times_s / RUN_S + sawtooth_mb * teeth
    found = growth(times_s.tolist(), (300.0 + course + ar1(random, len(times_s), 0.9, NOISE_MB)).tolist())
    return found is not None and found.interval.low > 0
