"""One run as a comparison sees it: each metric's count and statistics, nothing of its course."""

from collections.abc import Mapping
from dataclasses import dataclass

EVERYTHING = "*"
"""In place of an endpoint: all endpoints together."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One metric of one endpoint in one run; a statistic below its sample floor is not there."""

    count: int
    """Observations for times, requests for ratios, successes for rates."""
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """`series` maps `<endpoint>.<metric>` to its summary."""

    run_id: str
    start_utc: str
    measured_s: float
    series: Mapping[str, Summary]
