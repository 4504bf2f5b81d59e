"""A pair of runs, and how its two arms differ in one statistic."""

from collections.abc import Iterator, Sequence

from analysis.arms import Arms, all_arms
from analysis.gate import GateRules
from analysis.run_summary import RunSummary

Pair = tuple[RunSummary, RunSummary]
"""A run of the baseline's arm and one of the candidate's, made one after the other, in either order."""


def paired_arms(pairs: Sequence[Pair], rules: GateRules) -> Iterator[Arms]:
    """Every compared statistic that any run has; the runs of both sides are in the order of the pairs."""
    return all_arms([pair[0] for pair in pairs], [pair[1] for pair in pairs], rules)


def differences(arms: Arms) -> list[float] | None:
    """Candidate less baseline on the comparison's scale; None when a run lacks it or it has no logarithm."""
    scaled = None if arms.lacking else arms.scaled()
    return None if scaled is None else [new - old for old, new in zip(*scaled, strict=True)]
