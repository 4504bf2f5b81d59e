"""What the sidecar read during one run, as the series that objectives and baselines use."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.event import EventKind
from analysis.measurement import Measurement
from analysis.profile import LoadProfile
from analysis.run_log import RunLog
from analysis.sample import Sample, SampleSource


@dataclass(frozen=True, slots=True)
class MemoryCourse:
    """The memory of the service's processes while the load held one level; empty if nobody looked."""

    times_s: Sequence[float]
    rss_bytes: Sequence[float]


@dataclass(frozen=True, slots=True)
class Readings:
    """The service's memory and Prometheus series in the measured part, the host's memory in the whole run."""

    memory: tuple[MemoryCourse, ...]
    """One for each level of the load, as more load takes more memory without a leak."""
    host_memory_percent: Sequence[float]
    prometheus: Mapping[str, Sequence[float]]
    lost: bool
    """The sidecar ended before the run did."""


def readings_of(log: RunLog, measurement: Measurement, profile: LoadProfile) -> Readings:
    start_ns, slice_s = log.run.start_ns, log.run.slice_s
    rss: list[tuple[float, float]] = []
    host: list[float] = []
    prometheus: dict[str, list[float]] = {}
    for sample in log.samples:
        if sample["source"] != SampleSource.SIDECAR:
            continue
        percent = number_of(part_of(sample, "host").get("memory_used_percent"))
        if percent is not None:
            host.append(percent)
        at_s = (sample["t_utc_ns"] - start_ns) / 1e9
        if not any(start * slice_s <= at_s < end * slice_s for start, end in measurement.spans):
            continue
        size = number_of(part_of(sample, "process").get("rss_bytes"))
        if size is not None:
            rss.append((at_s, size))
        for name, found in part_of(sample, "prometheus").items():
            value = number_of(found)
            if value is not None:
                prometheus.setdefault(name, []).append(value)
    rss.sort()
    levels = profile.level_windows() if profile.stages else ((0.0, math.inf),)  # by hand it may be anything
    return Readings(
        memory=tuple(_while_in(window, rss) for window in levels),
        host_memory_percent=host,
        prometheus=prometheus,
        lost=any(event.get("kind") == EventKind.SIDECAR_LOST for event in log.events),
    )


def _while_in(window: tuple[float, float], rss: Sequence[tuple[float, float]]) -> MemoryCourse:
    found = [(at_s, size) for at_s, size in rss if window[0] <= at_s < window[1]]
    return MemoryCourse([at_s for at_s, _ in found], [size for _, size in found])


def part_of(sample: Sample, name: str) -> Mapping[str, Any]:
    """A part that could not be read is null or missing."""
    part = sample.get(name)
    return part if isinstance(part, dict) else {}


def number_of(value: object) -> float | None:
    """A finite number, else None."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
