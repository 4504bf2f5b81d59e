"""One statistic on both sides of a comparison: in the runs of the baseline and in those of the candidate."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.gate import PERCENTS, GateRules
from analysis.run_summary import RunSummary, Summary

NOT_COMPARED = frozenset({"send_lag", "wake_lag", "loop_lag", "sent", "ok", "failed", "dropped"})
"""The generator's own health, and counts that the rates and ratios already hold."""


@dataclass(frozen=True, slots=True)
class Arms:
    """`baseline` and `candidate` hold the runs that have the statistic, which may be fewer than there are."""

    endpoint: str
    metric: str
    statistic: str
    baseline: tuple[Summary, ...]
    candidate: tuple[Summary, ...]
    lacking: tuple[str, ...]
    """Of "baseline" and "candidate": sides on which a run lacks it."""

    @property
    def name(self) -> str:
        return f"{self.endpoint}.{self.metric}.{self.statistic}"

    @property
    def sides(self) -> tuple[tuple[str, tuple[Summary, ...]], ...]:
        return ("baseline", self.baseline), ("candidate", self.candidate)

    def is_lost(self, few: Sequence[str]) -> bool:
        """The baseline could decide about it and the candidate lacks it: that must not pass unseen.

        `few` says why a side rests on too little.
        """
        return self.lacking == ("candidate",) and not few and self.statistic != "p99"

    @property
    def gap(self) -> str:
        """On which side not every run has it, for people; a baseline needs two."""
        return f"no value in every run of the {' and the '.join(self.lacking or ('baseline',))}"

    def centres(self) -> tuple[float | None, float | None]:
        """Of both sides: the mean on the scale of the test, so a geometric one for times and rates."""
        return _centre(self.statistic, self.baseline), _centre(self.statistic, self.candidate)

    def scaled(self) -> tuple[list[float], list[float]] | None:
        """The values on the scale of the test; None when a logarithm is wanted of one that has none."""
        old, new = ([summary.values[self.statistic] for summary in arm] for _, arm in self.sides)
        if self.statistic != "ratio" and min(*old, *new) <= 0:
            return None
        return [on_scale(self.statistic, v) for v in old], [on_scale(self.statistic, v) for v in new]


def all_arms(
    baseline: Sequence[RunSummary], candidate: Sequence[RunSummary], rules: GateRules
) -> Iterator[Arms]:
    """Every compared statistic that a run of either side has."""
    runs = (*baseline, *candidate)
    for key in sorted({key for run in runs for key in run.series}):
        endpoint, _, metric = key.partition(".")
        if metric in NOT_COMPARED:
            continue
        for statistic in rules.statistics(endpoint, metric):
            old, new = (present(key, statistic, side) for side in (baseline, candidate))
            if old or new:
                sides = (("baseline", old, baseline), ("candidate", new, candidate))
                lacking = tuple(side for side, found, asked in sides if len(found) < len(asked))
                yield Arms(endpoint, metric, statistic, old, new, lacking)


def name_parts(name: str) -> tuple[str, str, str]:
    """Endpoint, metric and statistic of a name; a metric may hold a dot, and so does p99.9."""
    endpoint, _, rest = name.partition(".")
    statistic = next((one for one in PERCENTS if rest.endswith(f".{one}")), rest.rpartition(".")[2])
    return endpoint, rest.removesuffix(f".{statistic}"), statistic


def present(key: str, statistic: str, runs: Sequence[RunSummary]) -> tuple[Summary, ...]:
    """The series `<endpoint>.<metric>` of the runs that have this statistic of it."""
    found = (run.series.get(key) for run in runs)
    return tuple(summary for summary in found if summary is not None and statistic in summary.values)


def on_scale(statistic: str, value: float) -> float:
    """Ratios are compared as they are, everything else by its logarithm."""
    return value if statistic == "ratio" else math.log(value)


def _centre(statistic: str, arm: Sequence[Summary]) -> float | None:
    values = [summary.values[statistic] for summary in arm]
    if not values:
        return None
    if len(values) == 1:
        return values[0]
    if statistic == "ratio" or min(values) <= 0:
        return math.fsum(values) / len(values)
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))
