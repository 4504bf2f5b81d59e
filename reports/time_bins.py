"""Stretches of slices, few enough to draw; their percentiles come from merged counts, never from averages."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analysis.counts import Counts, CountsRow
from analysis.histogram import Histogram
from analysis.measurement import GENERATOR, elapsed_s, loaded_s
from analysis.run_log import RunLog
from reports.timeline import MAX_POINTS, Point


@dataclass(frozen=True, slots=True)
class TimeBins:
    """`count` bins of `slices` slices each; the last one may reach beyond the end."""

    log: RunLog
    count: int
    slices: int
    end_s: float
    """End of the last stage, or of the load of a run that ended before."""

    @property
    def seconds(self) -> float:
        return float(self.slices * self.log.run.slice_s)

    def start_s(self, at: int) -> float:
        return at * self.seconds

    def middle_s(self, at: int) -> float:
        return (at + 0.5) * self.seconds

    def percentiles(self, tags: Iterable[str], wanted: Iterable[float]) -> tuple[tuple[Point, ...], ...]:
        """One line per wanted percentile, of all tags together; a bin without observations breaks it."""
        names, fractions = tuple(tags), tuple(wanted)
        lines: list[list[Point]] = [[] for _ in fractions]
        for at in range(self.count):
            histogram = Histogram()
            for tag in names:
                histogram.merge(self.log.merged(tag, at * self.slices, (at + 1) * self.slices))
            for line, fraction in zip(lines, fractions, strict=True):
                line.append((self.middle_s(at), histogram.percentile(fraction)))
        return tuple(tuple(line) for line in lines)

    def rates(self, counted: Callable[[Counts], int]) -> tuple[Point, ...]:
        """Per second; the line ends with the stages, as nothing is due after them."""
        sums = [0] * self.count
        for row in _requests(self.log.counts):
            at = row.slice_index // self.slices
            if at < self.count:
                sums[at] += counted(row.counts)
        return tuple((self.middle_s(at), self._rate(at, value)) for at, value in enumerate(sums))

    def loaded_s(self, at: int) -> float | None:
        """Seconds of a bin before the end; None when they are too few to speak of a rate."""
        seconds = min(self.end_s - self.start_s(at), self.seconds)
        return seconds if seconds >= self.seconds / 2 else None

    def _rate(self, at: int, value: int) -> float | None:
        seconds = self.loaded_s(at)
        return None if seconds is None else value / seconds


def time_bins(log: RunLog, duration_s: float) -> TimeBins:
    """`duration_s` of the profile's stages; 0 without stages."""
    elapsed = elapsed_s(log)
    total = max(1, log.slices, math.ceil(elapsed / log.run.slice_s))
    slices = math.ceil(total / MAX_POINTS)
    return TimeBins(log, math.ceil(total / slices), slices, min(loaded_s(log), duration_s or elapsed))


def _requests(rows: Iterable[CountsRow]) -> Iterable[CountsRow]:
    return (row for row in rows if row.endpoint != GENERATOR)
