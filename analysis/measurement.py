"""What one run measured: histograms and counts of its measured part, as a whole and in five sections."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.counts import Counts
from analysis.event import EventKind
from analysis.gate import DISPLAY_FLOORS, PERCENTS
from analysis.histogram import Histogram
from analysis.interval import SECTIONS
from analysis.profile import LoadProfile
from analysis.run_log import RunLog
from analysis.run_summary import EVERYTHING, RunSummary, Summary

GENERATOR = "generator"
"""In place of an endpoint in tags and counts: what a worker recorded about itself."""

Span = tuple[int, int]
"""Slices [start, end)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a run's slices, merged."""

    seconds: float
    histograms: Mapping[str, Histogram]
    totals: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Measurement:
    """`sections` are equal consecutive parts of `whole`; there are none when fewer slices were measured."""

    run_id: str
    start_utc: str
    spans: tuple[Span, ...]
    whole: Part
    sections: tuple[Part, ...]

    @property
    def measured_s(self) -> float:
        return self.whole.seconds

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Those that something was due for, or timed for."""
        named = {tag.partition(".")[0] for tag in self.whole.histograms} | self.whole.totals.keys()
        return tuple(sorted(named - {GENERATOR, EVERYTHING}))


def measure(log: RunLog, profile: LoadProfile) -> Measurement:
    """Cut the warm-up by slices and merge what is left; without stages everything is measured."""
    spans = measured_spans(log, profile)
    pieces = [_piece(spans, index) for index in range(SECTIONS)] if _length(spans) >= SECTIONS else [spans]
    parts = [part_of(log, piece) for piece in pieces]
    whole = merged(parts)
    return Measurement(
        run_id=log.run.run_id,
        start_utc=log.run.start_utc,
        spans=spans,
        whole=whole,
        sections=tuple(parts) if len(parts) > 1 else (),
    )


def measured_spans(log: RunLog, profile: LoadProfile) -> tuple[Span, ...]:
    """Slices that count, up to the end of a run that was stopped early."""
    last = math.ceil(elapsed_s(log) / log.run.slice_s)
    if not profile.stages:
        return ((0, last),) if last > 0 else ()
    slices = [
        (int(start_s // log.run.slice_s), int(end_s // log.run.slice_s))
        for start_s, end_s in profile.windows()
    ]
    return tuple((start, min(end, last)) for start, end in slices if start < last)


def elapsed_s(log: RunLog) -> float:
    """Seconds from the start to the end, or to the last slice of a run that has none."""
    ended_s = log.run.duration_s
    return float(log.slices * log.run.slice_s) if ended_s is None else ended_s


def loaded_s(log: RunLog) -> float:
    """Seconds from the start to the end of the load; the drain comes after it."""
    drains = [event["t_utc_ns"] for event in log.events if event["kind"] == EventKind.DRAIN]
    end_s = elapsed_s(log)
    return min(end_s, max(0.0, (drains[0] - log.run.start_ns) / 1e9)) if drains else end_s


def loaded_spans(log: RunLog, spans: Sequence[Span]) -> tuple[tuple[float, float], ...]:
    """Spans in seconds [start, end), cut where the load ended: nothing was due from then on."""
    slice_s, end_s = log.run.slice_s, loaded_s(log)
    return tuple(
        (float(start * slice_s), min(float(end * slice_s), end_s))
        for start, end in spans
        if start * slice_s < end_s
    )


def seconds_of(log: RunLog, spans: Sequence[Span]) -> float:
    """How long there was load in these spans."""
    return math.fsum(end_s - start_s for start_s, end_s in loaded_spans(log, spans))


def arrivals_asked(log: RunLog, profile: LoadProfile, spans: Sequence[Span]) -> float:
    """How many arrivals the profile asks for in these spans."""
    return math.fsum(profile.arrivals_between(start_s, end_s) for start_s, end_s in loaded_spans(log, spans))


def part_of(log: RunLog, spans: Sequence[Span]) -> Part:
    """These slices of a run, merged."""
    histograms: dict[str, Histogram] = {}
    totals: dict[str, Counts] = {}
    for start, end in spans:
        for tag in log.tags:
            found = log.merged(tag, start, end)
            if found.count:
                histograms.setdefault(tag, Histogram()).merge(found)
        for endpoint, counts in log.totals((start, end)).items():
            totals[endpoint] = totals[endpoint] + counts if endpoint in totals else counts
    return Part(seconds_of(log, spans), histograms, totals)


def merged(parts: Sequence[Part]) -> Part:
    """Several parts as one: percentiles come from merged counts."""
    histograms: dict[str, Histogram] = {}
    totals: dict[str, Counts] = {}
    for part in parts:
        for tag, histogram in part.histograms.items():
            histograms.setdefault(tag, Histogram()).merge(histogram)
        for endpoint, counts in part.totals.items():
            totals[endpoint] = totals[endpoint] + counts if endpoint in totals else counts
    return Part(math.fsum(part.seconds for part in parts), histograms, totals)


def statistic_of(histogram: Histogram, statistic: str) -> float | None:
    """None below the percentile's sample floor and for an empty histogram."""
    match statistic:
        case "mean":
            return histogram.mean_us
        case "max":
            return None if histogram.max_us is None else float(histogram.max_us)
        case _:
            if histogram.count < DISPLAY_FLOORS[statistic]:
                return None
            return histogram.percentile(PERCENTS[statistic] / 100)


def counted(part: Part, endpoint: str, metric: str) -> tuple[float | None, int]:
    """Value of a rate or ratio, and what it rests on: the requests counted, or a ratio's denominator."""
    counts = sum_of(part.totals) if endpoint == EVERYTHING else part.totals.get(endpoint, Counts())
    finished = counts.ok + counts.failures
    match metric:
        case "errors":  # requests that our own stop killed count neither way
            return (counts.failures / finished if finished else None), finished
        case "goodput":  # a dropped request was wanted and got no answer
            attempted = finished + counts.dropped
            return (counts.good / attempted if attempted else None), attempted
        case "coalesced_share":
            return _share(counts.coalesced, counts.events)
        case "hit_ratio":
            return _share(counts.hits, counts.hits + counts.misses)
        case "empty_retrieval":
            return _share(counts.empty_retrievals, counts.retrievals)
        case "events_per_s":
            number = counts.events
        case "text_bytes_per_s":
            number = counts.text_bytes
        case "tokens_per_s":
            number = counts.tokens
        case "sent":
            number = counts.started
        case "throughput":
            number = counts.ok
        case "failed":
            number = counts.failures
        case "dropped":
            number = counts.dropped
        case _:
            raise ValueError(f"{metric} is no rate or ratio")
    return (number / part.seconds if part.seconds > 0 else None), number


def _share(part: int, whole: int) -> tuple[float | None, int]:
    return (part / whole if whole else None), whole


def summarise(measurement: Measurement, limited: Sequence[str]) -> RunSummary:
    """The run for a comparison; `limited` are the endpoints with per-request limits, which have a goodput."""
    series = {
        tag: Summary(histogram.count, _values(histogram))
        for tag, histogram in measurement.whole.histograms.items()
        if not tag.startswith(f"{GENERATOR}.")
    }
    for endpoint in (*measurement.endpoints, EVERYTHING):
        for metric, statistic in (("errors", "ratio"), ("goodput", "ratio"), ("throughput", "rate")):
            value, count = counted(measurement.whole, endpoint, metric)
            if value is not None and (metric != "goodput" or endpoint in limited):
                series[f"{endpoint}.{metric}"] = Summary(count, {statistic: value})
        for metric in ("hit_ratio", "empty_retrieval"):
            value, count = counted(measurement.whole, endpoint, metric)
            if value is not None and endpoint != EVERYTHING:
                series[f"{endpoint}.{metric}"] = Summary(count, {"ratio": value})
    return RunSummary(measurement.run_id, measurement.start_utc, measurement.measured_s, series)


def sum_of(totals: Mapping[str, Counts]) -> Counts:
    """All endpoints together, the generator's own records apart."""
    counts = Counts()
    for endpoint, own in totals.items():
        if endpoint != GENERATOR:
            counts = counts + own
    return counts


def _values(histogram: Histogram) -> dict[str, float]:
    statistics = {name: statistic_of(histogram, name) for name in (*PERCENTS, "mean")}
    return {name: value for name, value in statistics.items() if value is not None}


def _length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def _piece(spans: Sequence[Span], index: int) -> tuple[Span, ...]:
    """The slices of one section, which may reach over a gap between measured stretches."""
    total = _length(spans)
    first, last = total * index // SECTIONS, total * (index + 1) // SECTIONS
    piece, passed = [], 0
    for start, end in spans:
        low, high = max(first - passed, 0), min(last - passed, end - start)
        if low < high:
            piece.append((start + low, start + high))
        passed += end - start
    return tuple(piece)
