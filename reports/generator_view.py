"""The generator's health on the run's time axis: panels, and the worst of each figure that is judged."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analysis.generator_health import CPU_PERCENT, GeneratorHealth, pooled_lags
from analysis.generator_reading import GeneratorReading, generator_readings
from analysis.judged_run import JudgedRun
from analysis.profile import Model
from reports.report_data import HealthRow
from reports.time_bins import TimeBins
from reports.timeline import Drawn, Limit, Line, Panel, Point, thinned

WORKERS = 6
"""More lines than that are not read."""
_LAGS = (("send_lag", "s0"), ("wake_lag", "s3"), ("loop_lag", "s4"))
_COLOURS = tuple(f"s{number}" for number in range(WORKERS))


@dataclass(frozen=True, slots=True)
class GeneratorView:
    panels: tuple[Panel, ...]
    rows: tuple[HealthRow, ...]


def generator_view(run: JudgedRun, bins: TimeBins) -> GeneratorView:
    readings = generator_readings(run.log.samples, run.log.run.start_ns, run.log.run.slice_s)
    series = _Series(run, bins, readings)
    return GeneratorView(tuple(_panels(series, readings)), tuple(_rows(series, run)))


class _Series:
    """Every vital in every bin; percentiles come from merged counts."""

    def __init__(self, run: JudgedRun, bins: TimeBins, readings: Sequence[GeneratorReading]) -> None:
        self._points: defaultdict[str, list[Point]] = defaultdict(list)
        self.units: dict[str, str] = {}
        by_bin: defaultdict[int, list[GeneratorReading]] = defaultdict(list)
        for reading in readings:
            by_bin[int(reading.middle_s // bins.seconds)].append(reading)
        tags = [tag for tag in run.log.tags if tag.partition(".")[2] in dict(_LAGS)]
        for at in range(bins.count):
            part = (at * bins.slices, (at + 1) * bins.slices)
            lags = pooled_lags({tag: run.log.merged(tag, *part) for tag in tags})
            for vital in GeneratorHealth(True, lags, by_bin[at]).vitals():
                self._points[vital.check.name].append((bins.middle_s(at), vital.value))
                self.units[vital.check.name] = vital.unit
        self.units["arrivals"] = "ratio"
        self._points["arrivals"] = list(_shares_sent(bins))

    def line(self, name: str, label: str, colour: str, drawn: Drawn = Drawn.LINE) -> Line:
        return Line(label, colour, tuple(self._points[name]), drawn)

    def worst(self, name: str, spans_s: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
        """When and how much, within the spans."""
        known = [
            (t_s, value)
            for t_s, value in self._points.get(name, ())
            if value is not None and any(start_s <= t_s < end_s for start_s, end_s in spans_s)
        ]
        if not known:
            return None
        pick = min if name == "arrivals" else max
        return pick(known, key=lambda point: point[1])


def _panels(series: _Series, readings: Sequence[GeneratorReading]) -> Iterator[Panel]:
    lags = tuple(series.line(name, f"{name} p99", colour) for name, colour in _LAGS)
    yield Panel("How late the generator was", "us", _with_something(lags))
    yield Panel(
        "CPU of the generator, of one core",
        "percent",
        (
            *_worker_lines(readings, lambda reading: reading.cpu_percent, "worker {}"),
            series.line("cpu_wait", "waiting for a core", "warn", Drawn.DASHED),
        ),
        limits=(Limit("limit", CPU_PERCENT, "bad"),),
    )
    kept = (
        series.line("throttling", "throttled by a control group", "s1"),
        series.line("steal", "stolen by the hypervisor", "s3"),
    )
    if any(line.largest for line in kept):
        yield Panel("CPU kept from the generator", "percent", _with_something(kept))
    yield Panel(
        "File descriptors and local ports in use, of all",
        "ratio",
        _with_something(
            (
                series.line("file_descriptors", "file descriptors", "s4"),
                series.line("local_ports", "local ports", "s5"),
            )
        ),
    )
    memory = _worker_lines(readings, lambda reading: reading.rss_bytes, "worker {}")
    yield Panel("Memory of the generator (RSS)", "bytes", tuple(memory), from_zero=False)


def _rows(series: _Series, run: JudgedRun) -> Iterator[HealthRow]:
    slice_s = run.log.run.slice_s
    spans_s = [(float(start * slice_s), float(end * slice_s)) for start, end in run.measurement.spans]
    whole = run.measurement.whole
    names = ["workers", *(["schedule", "arrivals"] if run.profile.model is Model.OPEN else []), *series.units]
    for name in dict.fromkeys(names):
        worst = series.worst(name, spans_s)
        yield HealthRow(
            name,
            worst=None if worst is None else worst[1],
            worst_s=None if worst is None else worst[0],
            unit=series.units.get(name, ""),
        )
    coalesced = sum(counts.coalesced for counts in whole.totals.values())
    text = "text events that share a stamp with the next one, as one read brought both"
    yield HealthRow("coalesced_events", found=float(coalesced), text=text)


def _shares_sent(bins: TimeBins) -> Iterator[Point]:
    """Of what was due in each bin."""
    due = bins.rates(lambda counts: counts.due)
    sent = bins.rates(lambda counts: counts.started)
    for (t_s, wanted), (_, made) in zip(due, sent, strict=True):
        yield t_s, made / wanted if wanted and made is not None else None


def _worker_lines(
    readings: Sequence[GeneratorReading], of: Callable[[GeneratorReading], float | None], label: str
) -> Iterator[Line]:
    by_worker: defaultdict[int, list[Point]] = defaultdict(list)
    for reading in readings:
        by_worker[reading.worker].append((reading.middle_s, of(reading)))
    for worker, colour in zip(sorted(by_worker), _COLOURS, strict=False):
        yield Line(label.format(worker), colour, thinned(sorted(by_worker[worker])))


def _with_something(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.largest is not None)
