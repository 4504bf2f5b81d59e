"""Panels of what the sidecar read: host, service, Prometheus, Redis and circuit breakers. Gaps stay gaps."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from analysis.judged_run import JudgedRun
from analysis.sample import Sample, SampleSource
from reports.timeline import Limit, Line, Panel, Point, StateSpan, thinned

SERIES_PANELS = 12
_LINES = 8
_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_GAP = 2.5
"""Usual distances between two samples that count as a gap."""


@dataclass(frozen=True, slots=True)
class SidecarSamples:
    """In the order of time; `gaps` has True for a sample before which others are missing."""

    times_s: tuple[float, ...]
    samples: tuple[Sample, ...]
    gaps: tuple[bool, ...]

    def line(self, *path: str) -> tuple[Point, ...]:
        """The number at a path of keys; what could not be read breaks the line, and so does a gap."""
        points: list[Point] = []
        for t_s, sample, gap in zip(self.times_s, self.samples, self.gaps, strict=True):
            if gap and points:
                points.append(((points[-1][0] + t_s) / 2, None))
            points.append((t_s, _number(_at(sample, path))))
        return tuple(points)

    def names(self, part: str) -> tuple[str, ...]:
        """All keys that a part ever has, sorted."""
        return tuple(sorted({name for sample in self.samples for name in _mapping(sample.get(part))}))


def sidecar_samples(run: JudgedRun) -> SidecarSamples:
    start_ns = run.log.run.start_ns
    found = sorted(
        (sample for sample in run.log.samples if sample["source"] == SampleSource.SIDECAR),
        key=lambda sample: int(sample["t_utc_ns"]),
    )
    times_s = tuple((sample["t_utc_ns"] - start_ns) / 1e9 for sample in found)
    steps = [later - earlier for earlier, later in pairwise(times_s)]
    usual_s = median(steps) if steps else 1.0
    late = [False, *(step > _GAP * usual_s for step in steps)] if found else []
    gaps = tuple(slow or sample.get("gap_s") is not None for slow, sample in zip(late, found, strict=True))
    return SidecarSamples(times_s, tuple(found), gaps)


def sample_panels(run: JudgedRun) -> Iterator[Panel]:
    samples = sidecar_samples(run)
    watch = run.target.sidecar
    yield Panel(
        "Host memory in use",
        "percent",
        (_line(samples, "", "s0", "host", "memory_used_percent"),),
        limits=(
            Limit("warning", watch.memory_warn_percent, "warn"),
            Limit("stop", watch.memory_stop_percent, "bad"),
        ),
    )
    yield Panel(
        "Service memory (RSS)", "bytes", (_line(samples, "", "s2", "process", "rss_bytes"),), from_zero=False
    )
    yield Panel(
        "CPU",
        "percent",
        (
            _line(samples, "host, of all cores", "s0", "host", "cpu_percent"),
            _line(samples, "service, of one core", "s2", "process", "cpu_percent"),
        ),
    )
    yield Panel(
        "Service files and threads",
        "",
        (
            _line(samples, "open files", "s4", "process", "fds"),
            _line(samples, "threads", "s3", "process", "threads"),
        ),
    )
    yield from _series_panels(samples)
    yield Panel("Redis operations", "1/s", (_line(samples, "", "s5", "redis", "ops_per_s"),))
    yield Panel(
        "Redis memory", "bytes", (_line(samples, "", "s5", "redis", "used_memory_bytes"),), from_zero=False
    )
    yield Panel("Circuit breakers", "", states=_breakers(samples))


def _series_panels(samples: SidecarSamples) -> Iterator[Panel]:
    panels = [
        Panel(f"Prometheus: {name}", "", (_line(samples, "", "s3", "prometheus", name),))
        for name in samples.names("prometheus")
    ]
    scraped: defaultdict[str, list[str]] = defaultdict(list)
    for series in samples.names("scrape"):
        scraped[series.partition("{")[0]].append(series)
    panels += [_scraped_panel(samples, name, series) for name, series in sorted(scraped.items())]
    drawn = [panel for panel in panels if not panel.empty]
    left_out = [panel.title for panel in drawn[SERIES_PANELS:]]
    for at, panel in enumerate(drawn[:SERIES_PANELS], 1):
        last = at == SERIES_PANELS and left_out
        yield (
            replace(panel, note=f"not drawn, but in samples.jsonl: {', '.join(left_out)}") if last else panel
        )


def _scraped_panel(samples: SidecarSamples, name: str, series: Sequence[str]) -> Panel:
    counter = name.endswith(_COUNTERS)
    lines = []
    for at, one in enumerate(series[:_LINES]):
        points = samples.line("scrape", one)
        label = one.removeprefix(name).strip("{}").replace('"', "")
        lines.append(Line(label, f"s{at}", thinned(_growth(points) if counter else points)))
    note = f"{len(series) - _LINES} more series are in samples.jsonl" if len(series) > _LINES else None
    return Panel(f"Metrics: {name}", "1/s" if counter else "", tuple(lines), note=note)


def _growth(points: Sequence[Point]) -> tuple[Point, ...]:
    """A counter per second; where it falls, its process began anew and the line breaks."""
    grown: list[Point] = []
    for (start_s, before), (end_s, after) in pairwise(points):
        known = before is not None and after is not None and after >= before and end_s > start_s
        grown.append((end_s, (after - before) / (end_s - start_s) if known else None))  # type: ignore[operator]  # known
    return tuple(grown)


def _breakers(samples: SidecarSamples) -> tuple[StateSpan, ...]:
    spans = []
    for name in samples.names("breakers"):
        current: StateSpan | None = None
        for t_s, sample, gap in zip(samples.times_s, samples.samples, samples.gaps, strict=True):
            state = _mapping(sample.get("breakers")).get(name)
            if current is not None and not gap:
                current = StateSpan(name, current.state, current.start_s, t_s)
            if current is not None and (gap or state != current.state):
                spans.append(current)
                current = None
            if current is None and isinstance(state, str):
                current = StateSpan(name, state, t_s, t_s)
        if current is not None:
            spans.append(current)
    return tuple(span for span in spans if span.end_s > span.start_s)


def _line(samples: SidecarSamples, label: str, colour: str, *path: str) -> Line:
    return Line(label, colour, thinned(samples.line(*path)))


def _at(sample: Sample, path: Sequence[str]) -> object:
    found: object = sample
    for key in path:
        found = _mapping(found).get(key)
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
