"""Which statistics decide a comparison, how much change each tolerates, and what each must rest on."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from analysis.metric import metric_named
from analysis.plural import plural
from analysis.profile import Model
from analysis.run_summary import EVERYTHING, Summary

COMPARED = ("p50", "p95", "p99")
"""Percentiles that are compared; what is not gated among them is shown only."""

DISPLAY_FLOORS = {"p50": 13, "p90": 64, "p95": 130, "p99": 662, "p99.9": 6636}
"""Observations from which a percentile is shown: its 95 % interval of order statistics then has both ends."""

PERCENTS = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}

ABOVE_PER_RUN = 20
ABOVE_PER_ARM = 100
"""Observations that must lie above a percentile before it can decide anything."""

LEAST_EFFECT_US = 1_000.0
"""A change of a time by less than this is no regression, however large beside a short time, unless the target
sets a margin of its own: scheduling on the host moves millisecond answers by as much."""

RULE_OF_THREE = 3
"""No error in n requests still allows 3/n (95 %)."""

_MARGINS = {
    "response.p50": 0.10,
    "response.p95": 0.10,
    "response.p99": 0.20,
    "ttft.p50": 0.10,
    "ttft.p95": 0.10,
    "ttft.p99": 0.20,
    "throughput.rate": 0.10,
    "errors.ratio": 0.005,
    "goodput.ratio": 0.01,
}
_OTHER_MARGINS = {"p50": 0.10, "p95": 0.10, "p99": 0.20, "rate": 0.10, "ratio": 0.01}


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the profile and the target say about which statistics decide."""

    model: Model
    streams: Set[str]
    """Endpoints that answer with a stream."""
    margins: Mapping[str, float]
    """The target's own: `metric.statistic` or `endpoint.metric.statistic`."""

    def margin(self, endpoint: str, metric: str, statistic: str) -> float:
        """Relative for times and rates, a difference for ratios."""
        own = self._own_margin(endpoint, metric, statistic)
        return _MARGINS.get(f"{metric}.{statistic}", _OTHER_MARGINS[statistic]) if own is None else own

    def margin_beside(self, endpoint: str, metric: str, statistic: str, baseline: float | None) -> float:
        """The margin; a default one is widened where it would be below `LEAST_EFFECT_US`."""
        margin = self.margin(endpoint, metric, statistic)
        if not baseline or metric_named(metric).unit != "us":
            return margin
        if self._own_margin(endpoint, metric, statistic) is not None:
            return margin
        return max(margin, LEAST_EFFECT_US / baseline)

    def is_primary(self, endpoint: str, metric: str, statistic: str) -> bool:
        """A small family, so that one false alarm in many metrics stays rare."""
        match metric:
            case "response":
                return endpoint != EVERYTHING and statistic in COMPARED
            case "ttft":
                return endpoint in self.streams and statistic in ("p50", "p95")
            case "errors":
                return endpoint != EVERYTHING
            case "throughput":
                return endpoint == EVERYTHING and self.model is Model.CLOSED
            case _:
                return False

    def _own_margin(self, endpoint: str, metric: str, statistic: str) -> float | None:
        """The endpoint's before the metric's."""
        general = f"{metric}.{statistic}"
        return self.margins.get(f"{endpoint}.{general}", self.margins.get(general))


def too_few(statistic: str, arm: Sequence[Summary], margin: float) -> str | None:
    """Why this arm's runs cannot decide about the statistic; None when they can."""
    counts = [summary.count for summary in arm]
    if statistic == "ratio":
        needed = RULE_OF_THREE / margin if margin > 0 else float("inf")
        return None if sum(counts) >= needed else f"{sum(counts)} requests, {needed:.0f} are needed"
    if statistic not in PERCENTS:
        return None
    share = 1 - PERCENTS[statistic] / 100
    least, total = round(min(counts) * share, 6), round(sum(counts) * share, 6)
    if least < ABOVE_PER_RUN:
        return f"{least:.0f} observations above it in a run, {ABOVE_PER_RUN} are needed"
    if total < ABOVE_PER_ARM:
        return f"{total:.0f} observations above it in {plural(len(arm), 'run')}, {ABOVE_PER_ARM} are needed"
    return None
