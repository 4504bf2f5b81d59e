"""A candidate baseline from finished runs, as `plimsoll baseline record` leaves it."""

from collections.abc import Sequence
from pathlib import Path

from analysis.baseline import write_baseline
from analysis.baseline_builder import build_baseline
from scripts.baseline import candidate_path


def record_candidate(root: Path, runs: Sequence[Path]) -> Path:
    baseline = build_baseline(runs)
    path = candidate_path(root, baseline)
    write_baseline(baseline, path)
    return path
