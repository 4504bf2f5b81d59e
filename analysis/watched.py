"""What the sidecar read of host, service and Redis, as one figure for each run and series."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.measurement import Measurement
from analysis.metric import SCRAPE
from analysis.readings import number_of, part_of
from analysis.run_log import RunLog
from analysis.run_summary import Summary
from analysis.sample import Sample, SampleSource

_READ = {
    "host": ("cpu_percent", "memory_used_percent", "load1"),
    "process": ("cpu_percent", "rss_bytes", "threads", "fds", "connections"),
    "redis": ("ops_per_s", "used_memory_bytes", "connected_clients"),
}
"""Parts of a sample, and what of each a run is described by."""

_COUNTERS = ("_total", "_count", "_sum")
_BUCKET = "_bucket"
_NS_PER_S = 1_000_000_000


def watched_series(log: RunLog, measurement: Measurement) -> dict[str, Summary]:
    """Metric to its mean over the measured part; of a scraped counter, what it grew by in a second.

    A counter that fell began anew with its process: the steps before and after count.
    """
    points: dict[str, list[tuple[float, float]]] = {}
    for at_s, sample in _measured(log, measurement):
        for metric, value in _values(sample):
            points.setdefault(metric, []).append((at_s, value))
    found = {}
    for metric, series in points.items():
        name = metric.partition("{")[0]
        figure = _growth(series) if metric.startswith(SCRAPE) and name.endswith(_COUNTERS) else _mean(series)
        if figure is not None:
            found[metric] = Summary(len(series), {"mean": figure})
    return found


def _measured(log: RunLog, measurement: Measurement) -> Iterator[tuple[float, Sample]]:
    slice_s = log.run.slice_s
    spans = [(start * slice_s, end * slice_s) for start, end in measurement.spans]
    for sample in sorted(log.samples, key=lambda sample: int(sample["t_utc_ns"])):
        if sample["source"] == SampleSource.SIDECAR:
            at_s = (sample["t_utc_ns"] - log.run.start_ns) / _NS_PER_S
            if any(start_s <= at_s < end_s for start_s, end_s in spans):
                yield at_s, sample


def _values(sample: Sample) -> Iterator[tuple[str, float]]:
    for part, names in _READ.items():
        reading = part_of(sample, part)
        for name in names:
            value = number_of(reading.get(name))
            if value is not None:
                yield f"{part}.{name}", value
    for series, found in part_of(sample, "scrape").items():
        value = number_of(found)
        if value is not None and not series.partition("{")[0].endswith(_BUCKET):
            yield f"{SCRAPE}{series}", value


def _mean(points: Sequence[tuple[float, float]]) -> float:
    return math.fsum(value for _, value in points) / len(points)


def _growth(points: Sequence[tuple[float, float]]) -> float | None:
    steps = [
        (after - before, end_s - start_s)
        for (start_s, before), (end_s, after) in pairwise(points)
        if after >= before and end_s > start_s
    ]
    return (
        math.fsum(grown for grown, _ in steps) / math.fsum(seconds for _, seconds in steps) if steps else None
    )
