"""The rows of a result: every statistic of every metric, with its interval or why there is none."""

import math
from collections.abc import Callable, Iterator, Sequence

from analysis.gate import DISPLAY_FLOORS, PERCENTS
from analysis.histogram import Histogram
from analysis.interval import SECTIONS, Interval, is_reliable, log_interval, plain_interval
from analysis.measurement import Measurement, Part, counted, merged, statistic_of
from analysis.metric import METRICS
from analysis.result import MetricRow
from analysis.run_summary import EVERYTHING

TIME_STATISTICS = (*PERCENTS, "mean", "max")

_COUNTED = {
    "sent": "rate",
    "throughput": "rate",
    "failed": "rate",
    "dropped": "rate",
    "errors": "ratio",
    "goodput": "ratio",
    "events_per_s": "rate",
    "text_bytes_per_s": "rate",
    "tokens_per_s": "rate",
    "coalesced_share": "ratio",
    "hit_ratio": "ratio",
    "empty_retrieval": "ratio",
}
"""Metrics that are made of counts, with their only statistic."""

_SHOWN_IF_ANY = frozenset(
    {"events_per_s", "text_bytes_per_s", "tokens_per_s", "coalesced_share", "hit_ratio", "empty_retrieval"}
)
"""Metrics that most endpoints have nothing for."""

_LEAST_SECTION_S = 4.0
"""In shorter sections a single stall fills one, and the spread between them means little."""

_LEAST_ABOVE = 2
"""Observations above a percentile in each section, without which the section's value is its maximum."""


def metric_rows(
    measurements: Sequence[Measurement], limited: Sequence[str], correlation_s: float | None = None
) -> tuple[MetricRow, ...]:
    """One run: intervals from its five sections. Several runs: merged values, intervals from run to run.

    `correlation_s` is for how long latencies of the one run depend on one another.
    """
    table = _Table(measurements, correlation_s)
    endpoints = sorted({endpoint for measurement in measurements for endpoint in measurement.endpoints})
    rows = [row for endpoint in endpoints for row in _time_rows(table, endpoint)]
    for endpoint in (*endpoints, EVERYTHING):
        rows += _count_rows(table, endpoint, has_goodput=endpoint in limited)
    return tuple(rows)


class _Table:
    """The whole and the parts that intervals come from."""

    def __init__(self, measurements: Sequence[Measurement], correlation_s: float | None) -> None:
        runs = [measurement.whole for measurement in measurements]
        self.whole = merged(runs)
        self.parts = runs if len(runs) > 1 else list(measurements[0].sections) if measurements else []
        self.one_run = len(runs) == 1
        self.reliable = not self.one_run or is_reliable(self.whole.seconds, correlation_s)
        shortest = min((part.seconds for part in self.parts), default=0.0)
        self.too_short: str | None = None
        if self.one_run and (not self.parts or shortest < _LEAST_SECTION_S):
            needed = SECTIONS * _LEAST_SECTION_S
            self.too_short = f"no interval: {self.whole.seconds:g} s measured, {needed:g} s are needed"

    def interval(
        self, value: float, of_part: Callable[[Part], float | None], plain: tuple[float, float] | None = None
    ) -> tuple[Interval | None, str | None]:
        if self.too_short is not None:
            return None, self.too_short
        values = [found for part in self.parts if (found := of_part(part)) is not None]
        if len(values) < len(self.parts):
            where = "section" if self.one_run else "run"
            return None, f"no interval: too few observations in a {where}"
        if plain is not None:
            return plain_interval(values, value, least=plain[0], most=plain[1]), None
        if value <= 0 or min(values) <= 0:
            return None, "no interval: the value is 0"
        return log_interval(values, value), None


def _time_rows(table: _Table, endpoint: str) -> Iterator[MetricRow]:
    order = {name: place for place, name in enumerate(METRICS)}
    tags = [tag for tag in table.whole.histograms if tag.partition(".")[0] == endpoint]
    for tag in sorted(tags, key=lambda tag: (order.get(tag.partition(".")[2], len(order)), tag)):
        histogram = table.whole.histograms[tag]
        for statistic in TIME_STATISTICS:
            yield _time_row(table, endpoint, tag, histogram, statistic)


def _time_row(table: _Table, endpoint: str, tag: str, histogram: Histogram, statistic: str) -> MetricRow:
    value = statistic_of(histogram, statistic)
    interval: Interval | None = None
    reason: str | None = None
    if value is None:
        reason = f"{histogram.count} observations, {DISPLAY_FLOORS[statistic]} are needed"
    elif statistic != "max":
        interval, reason = table.interval(value, lambda part: _part_value(part, tag, statistic))
    return MetricRow(
        endpoint=endpoint,
        metric=tag.partition(".")[2],
        statistic=statistic,
        unit="us",
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        count=histogram.count,
        reason=reason,
        unreliable=interval is not None and not table.reliable,
    )


def _part_value(part: Part, tag: str, statistic: str) -> float | None:
    histogram = part.histograms.get(tag)
    if histogram is None:
        return None
    if statistic == "mean":
        return histogram.mean_us
    share = PERCENTS[statistic] / 100
    if histogram.count * (1 - share) < _LEAST_ABOVE:
        return None
    return histogram.percentile(share)


def _count_rows(table: _Table, endpoint: str, *, has_goodput: bool) -> Iterator[MetricRow]:
    for metric, statistic in _COUNTED.items():
        if metric == "goodput" and not has_goodput:
            continue
        if metric in _SHOWN_IF_ANY and (
            endpoint == EVERYTHING or not counted(table.whole, endpoint, metric)[1]
        ):
            continue
        yield _count_row(table, endpoint, metric, statistic)


def _count_row(table: _Table, endpoint: str, metric: str, statistic: str) -> MetricRow:
    value, count = counted(table.whole, endpoint, metric)
    interval: Interval | None = None
    reason: str | None = "no request finished" if statistic == "ratio" else "nothing was measured"
    if value is not None:
        most = 1.0 if statistic == "ratio" else math.inf
        interval, reason = table.interval(value, lambda part: counted(part, endpoint, metric)[0], (0.0, most))
    return MetricRow(
        endpoint=endpoint,
        metric=metric,
        statistic=statistic,
        unit=METRICS[metric].unit,
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        count=count,
        reason=reason,
    )
