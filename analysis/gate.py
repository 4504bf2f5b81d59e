"""Which statistics decide a comparison, how much change each tolerates, and what each must rest on."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from analysis.histogram import resolution_us
from analysis.metric import PROMETHEUS, Direction, is_watched, metric_named
from analysis.objective_file import DROP, RISE
from analysis.plural import plural
from analysis.profile import Model
from analysis.run_summary import EVERYTHING, Summary

COMPARED = ("p50", "p95", "p99")
"""Percentiles that are compared; what is not gated among them is shown only."""

DISPLAY_FLOORS = {"p50": 13, "p90": 64, "p95": 130, "p99": 662, "p99.9": 6636}
"""Observations from which a percentile is shown: its 95 % interval of order statistics then has both ends."""

PERCENTS = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}

MOST_PRIMARY = 8
"""Metrics that decide one comparison: each further one makes all of them harder to prove."""

ABOVE_PER_RUN = 20
ABOVE_PER_ARM = 100
"""Observations that must lie above a percentile before it can decide anything."""

LEAST_EFFECT_US = 1_000.0
"""A change of a time by less than this is no regression, however large beside a short time, unless the target
sets a margin of its own: scheduling on the host moves millisecond answers by as much."""

RULE_OF_THREE = 3
"""No error in n requests still allows 3/n (95 %)."""

STEPS_IN_MARGIN = 10
"""Steps of the histogram that a margin must span, as gauges are asked to read a tenth of the tolerance."""

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
_OTHER_MARGINS = {"p50": 0.10, "p95": 0.10, "p99": 0.20, "mean": 0.10, "rate": 0.10, "ratio": 0.01}

_PAIRED_MARGINS = {"p50": 0.05, "p95": 0.05, "p99": 0.15, "mean": 0.05, "rate": 0.05}
"""Of runs in pairs, which share the state of the machine. Ratios have the same in both."""

CROWDED_OUT = (
    f"{MOST_PRIMARY} others decide: a margin that the target sets for it by its full name puts it first"
)
"""Why a metric that could decide is only shown."""

_EACH = ""
"""In place of the name of any one endpoint."""
_NAMED = 0
_ORDER = (
    (EVERYTHING, "capacity", "rate"),
    (EVERYTHING, "errors", "ratio"),
    (EVERYTHING, "throughput", "rate"),
    (_EACH, "response", "p95"),
    (_EACH, "ttft", "p95"),
    (_EACH, "response", "p50"),
    (_EACH, "errors", "ratio"),
    (_EACH, "ttft", "p50"),
    (_EACH, "response", "p99"),
)
"""Which statistics take the eight places: each for all endpoints, the busiest first, before the next."""

Rank = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the profile and the target say about which statistics decide."""

    model: Model
    streams: Set[str]
    """Endpoints that answer with a stream."""
    margins: Mapping[str, float]
    """The target's own: `metric.statistic`, `endpoint.metric.statistic` or `prometheus.name.rise`."""
    mix: Mapping[str, float] = field(default_factory=dict)
    """Endpoints to their share of the requests: the busiest come first."""
    paired: bool = False
    """Whether runs are compared in pairs: smaller margins where the target sets none."""

    def margin(self, endpoint: str, metric: str, statistic: str) -> float:
        """Relative for times and rates, a difference for ratios."""
        own = self._own_margin(endpoint, metric, statistic)
        if own is None and self.paired and statistic in _PAIRED_MARGINS:
            return _PAIRED_MARGINS[statistic]
        return _MARGINS.get(f"{metric}.{statistic}", _OTHER_MARGINS[statistic]) if own is None else own

    def margin_beside(self, endpoint: str, metric: str, statistic: str, baseline: float | None) -> float:
        """The margin; a default one is widened where it would be below `LEAST_EFFECT_US`."""
        margin = self.margin(endpoint, metric, statistic)
        if not baseline or metric_named(metric).unit != "us":
            return margin
        if self._own_margin(endpoint, metric, statistic) is not None:
            return margin
        return max(margin, LEAST_EFFECT_US / baseline)

    def direction(self, metric: str) -> Direction:
        """Which way is better; for a Prometheus series, what its margin says."""
        return Direction.HIGHER if f"{metric}.{DROP}" in self.margins else metric_named(metric).direction

    def statistics(self, endpoint: str, metric: str) -> tuple[str, ...]:
        """Those that are compared if the runs have them: what a margin is set for is always among them."""
        if is_watched(metric):
            return ("mean",)
        others = [name for name in (*PERCENTS, "mean") if name not in COMPARED]
        named = [name for name in others if self._own_margin(endpoint, metric, name) is not None]
        return (*COMPARED, *named, "rate", "ratio")

    def rank(self, endpoint: str, metric: str, statistic: str) -> Rank | None:
        """The place in the queue for the eight that decide, lower first; None for what never decides.

        First come those that the target sets a margin for by their full name.
        """
        place = self._place(endpoint, metric, statistic)
        return None if place is None else (place, -self.mix.get(endpoint, 0.0), endpoint)

    def is_primary(self, endpoint: str, metric: str, statistic: str) -> bool:
        """Whether it decides if there is a place for it: see `first_eight`."""
        return self.rank(endpoint, metric, statistic) is not None

    def _place(self, endpoint: str, metric: str, statistic: str) -> int | None:
        if f"{endpoint}.{metric}.{statistic}" in self.margins:
            return _NAMED
        if metric.startswith(PROMETHEUS):
            return None if self._own_margin(endpoint, metric, statistic) is None else _NAMED
        kind = (endpoint if endpoint == EVERYTHING else _EACH, metric, statistic)
        if kind not in _ORDER:
            return None
        match metric:
            case "ttft":
                possible = endpoint in self.streams
            case "throughput":  # of an open model it is what the profile asks for
                possible = self.model is Model.CLOSED
            case "capacity":
                possible = True
            case _:  # the errors of the only endpoint are those of all
                possible = endpoint != EVERYTHING or len(self.mix) != 1
        return _ORDER.index(kind) + 1 if possible else None

    def _own_margin(self, endpoint: str, metric: str, statistic: str) -> float | None:
        """The endpoint's before the metric's."""
        if metric.startswith(PROMETHEUS):
            return self.margins.get(f"{metric}.{RISE}", self.margins.get(f"{metric}.{DROP}"))
        general = f"{metric}.{statistic}"
        return self.margins.get(f"{endpoint}.{general}", self.margins.get(general))


def first_eight(candidates: Iterable[tuple[Rank, str, bool]]) -> frozenset[str]:
    """Names of the primary metrics: in the order of their ranks, until eight of them can decide.

    The last of each candidate says whether it can: one that rests on too few observations takes no place.
    """
    chosen: list[str] = []
    places = MOST_PRIMARY
    for _, name, able in sorted(candidates):
        if places == 0:
            break
        chosen.append(name)
        places -= able
    return frozenset(chosen)


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


def too_coarse(metric: str, value: float | None, margin: float) -> str | None:
    """Why times of this size are filed too coarsely to see such a margin; None when they are not."""
    if not value or metric_named(metric).unit != "us":
        return None
    step_us = resolution_us(value)
    if step_us * STEPS_IN_MARGIN <= value * margin:
        return None
    return (
        f"times near {value:.4g} us are kept in steps of {step_us} us, "
        f"which must be a tenth of the margin ({value * margin:.2g} us) at most"
    )
