"""A stored baseline, and new runs that differ from its own by one thing at a time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.judge import judge
from analysis.result import Result
from scripts.bench.verdicts.sessions import STORED_RUNS, store
from scripts.bench.verdicts.simulated_run import MEASURED_S, SimulatedRun, write_run


class StillBench:
    """On a host without noise. Every new run has the same latencies, so that only the change can matter."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        """`plan` are fields of SimulatedRun that all runs have."""
        self._folder = folder
        self._plain = SimulatedRun((0,), np.zeros(MEASURED_S), **plan)
        self._made = 0
        store([self._written(seed=(number,)) for number in range(1, STORED_RUNS + 1)], folder / "baselines")

    def judged(self, *, baselines: str = "baselines", **change: Any) -> Result:
        """`change` are fields of SimulatedRun; no folder but that of the default name holds a baseline."""
        return judge([self._written(**change)], baseline="auto", baselines_root=self._folder / baselines)

    def _written(self, **change: Any) -> Path:
        self._made += 1
        return write_run(self._folder / "runs", replace(self._plain, number=self._made, **change))
