"""Sessions of simulated runs on a noisy host, and baselines made of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis.baseline import BaselineKind, baseline_path, promote, write_baseline
from analysis.baseline_builder import build_baseline
from scripts.bench.verdicts.simulated_run import MEASURED_S, SimulatedRun, write_run
from scripts.bench.verdicts.world import World, ar1, host_levels

STORED_RUNS = 5


class Session:
    """Consecutive runs; `number` tells one simulated host from another."""

    def __init__(self, world: World, number: int, session: int, runs: int) -> None:
        random = np.random.default_rng([72, number, session])
        bases = host_levels(random, world, runs) + random.normal(0.0, world.run_sd, runs)
        self._runs = [
            SimulatedRun(
                (number, session, run),
                base + ar1(random, MEASURED_S, world.phi, world.level_sd),
                session,
                run,
            )
            for run, base in enumerate(bases.tolist())
        ]

    def write(self, root: Path, start: int = 0, end: int | None = None) -> list[Path]:
        """Directories of the runs from `start` to before `end`."""
        return [write_run(root, run) for run in self._runs[start:end]]


def store(runs: Sequence[Path], baselines: Path) -> None:
    """Record a baseline of these runs and promote it."""
    baseline = build_baseline(runs)
    place = baseline_path(baselines, baseline.target, baseline.profile, baseline.env8, BaselineKind.CANDIDATE)
    write_baseline(baseline, place)
    promote(place, baselines)
