"""The generator's health while a run goes on, slice by slice, for those who watch it."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.generator_health import GeneratorHealth, Vital, own_failures, pooled_lags
from analysis.generator_reading import GeneratorReading, generator_reading
from analysis.histogram import Histogram
from analysis.profile import LoadProfile, Model
from analysis.result import Check
from analysis.validity import LEAST_ACHIEVED

RECENT = 60
"""Slices that the judgement on the page rests on; the judge's own rests on the measured part."""
DRAWN = 120


@dataclass(slots=True)
class Slice:
    """What has come of one slice so far, of all workers."""

    lags: dict[str, Histogram] = field(default_factory=dict)
    readings: list[GeneratorReading] = field(default_factory=list)
    due: int = 0
    started: int = 0


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One vital: `now` and `worst` are of single slices, `check` is of the last minute."""

    check: Check
    now: str | None
    worst: str | None
    series: tuple[float | None, ...]


class HealthBoard:
    """Exists beside a web UI only: it costs a little of every slice."""

    def __init__(self, profile: LoadProfile, start_ns: int) -> None:
        self._profile = profile
        self._start_ns = start_ns
        self._is_kernel = True
        self._slices: dict[int, Slice] = {}
        self._finished = -1
        self._now: dict[str, Vital] = {}
        self._worst: dict[str, Vital] = {}
        self._series: dict[str, deque[float | None]] = {}
        self._own_failures: set[str] = set()

    @property
    def elapsed_s(self) -> int:
        """The end of the last slice that is complete."""
        return (self._finished + 1) * self._profile.slice_s

    def take(self, worker: int, report: Mapping[str, Any]) -> None:
        """Add what one worker recorded since its last report."""
        self._is_kernel = self._is_kernel and report.get("clock") != "user"
        for row in report["rows"]:
            self._take_row(row)
        sample = report.get("sample")
        if sample:
            reading = generator_reading({**sample, "worker": worker}, self._start_ns, self._profile.slice_s)
            if reading.middle_s >= 0:
                self._at(int(reading.middle_s // self._profile.slice_s)).readings.append(reading)
        # The slice before the newest one may still miss a report of another worker.
        self._finish(max(self._slices, default=-1) - 1)

    def end(self) -> None:
        """Nothing more will come: the newest slice is complete as well."""
        self._finish(max(self._slices, default=-1))

    def rows(self, fastest_us: float | None) -> Iterator[BoardRow]:
        """Empty until a slice is complete. The quickest endpoint's median response widens some limits."""
        recent = [self._slices[number] for number in sorted(self._slices) if number <= self._finished]
        for vital in self._vitals(recent, fastest_us):
            name = vital.check.name
            now, worst = self._now.get(name), self._worst.get(name)
            yield BoardRow(
                vital.check,
                now=None if now is None else now.check.value,
                worst=None if worst is None else worst.check.value,
                series=tuple(self._series.get(name, ())),
            )

    def _take_row(self, row: Mapping[str, Any]) -> None:
        found = self._at(row["slice"])
        tags = {
            f"{row['endpoint']}.{metric}": Histogram.decode(encoded)
            for metric, encoded in row["histograms"].items()
            if metric.endswith("_lag")
        }
        for name, histogram in pooled_lags(tags).items():
            found.lags.setdefault(name, Histogram()).merge(histogram)
        found.due += row["counts"].get("due", 0)
        found.started += row["counts"].get("started", 0)
        self._own_failures.update(own_failures(row["exemplars"]))

    def _at(self, number: int) -> Slice:
        return self._slices.setdefault(max(0, number), Slice())

    def _finish(self, last: int) -> None:
        """Nothing is left to add to the slices up to this one."""
        for number in range(self._finished + 1, last + 1):
            self._finished = number
            found = self._slices.get(number)
            self._now = {} if found is None else {vital.check.name: vital for vital in self._vitals([found])}
            for name in self._series.keys() | self._now.keys():
                self._note(name, self._now.get(name))
        for number in [number for number in self._slices if number <= self._finished - RECENT]:
            del self._slices[number]

    def _note(self, name: str, vital: Vital | None) -> None:
        series = self._series.setdefault(name, deque(maxlen=DRAWN))
        series.append(None if vital is None else vital.value)
        if vital is None or vital.value is None:
            return
        worst = self._worst.get(name)
        is_worse = worst is None or worst.value is None or vital.value > worst.value
        if name == "arrivals" and worst is not None and worst.value is not None:
            is_worse = vital.value < worst.value
        if is_worse:
            self._worst[name] = vital

    def _vitals(self, slices: list[Slice], fastest_us: float | None = None) -> Iterator[Vital]:
        if not slices:
            return
        if self._profile.model is Model.OPEN:
            yield _arrivals(slices)
        lags: dict[str, Histogram] = {}
        for found in slices:
            for name, histogram in found.lags.items():
                lags.setdefault(name, Histogram()).merge(histogram)
        readings = [reading for found in slices for reading in found.readings]
        own = tuple(sorted(self._own_failures))
        yield from GeneratorHealth(self._is_kernel, lags, readings, fastest_us, own).vitals()


def _arrivals(slices: list[Slice]) -> Vital:
    due, started = sum(found.due for found in slices), sum(found.started for found in slices)
    share = started / due if due else None
    text = f"{started} of {due} arrivals were sent"
    value = None if share is None else f"{share:.2%}"
    ok = share is None or share >= LEAST_ACHIEVED
    return Vital(Check("arrivals", ok, value, f">= {LEAST_ACHIEVED:.0%}", text), share, "ratio")
