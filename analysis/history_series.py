"""One statistic over the weeks in which target, load and environment stayed alike, with its change points."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.arms import name_parts, on_scale
from analysis.change_point import change_points, deviation_around_levels
from analysis.gate import LEAST_EFFECT_US
from analysis.history import HistoryRow, HistorySetting
from analysis.metric import Direction, metric_named

_LEAST_SHIFT = 0.05
_LEAST_SHIFTS = {"p99": 0.15, "ratio": 0.005}
"""The margins of a paired comparison: a level of several weeks is steadier than one session."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new level from `row` on; `change` is relative, for ratios a difference."""

    row: HistoryRow
    change: float
    p: float
    worse: bool


@dataclass(frozen=True, slots=True)
class HistorySeries:
    """`rows` are those that have it; `deviation` is that of weeks around their level, None for too few."""

    name: str
    unit: str
    rows: tuple[HistoryRow, ...]
    changes: tuple[Change, ...]
    deviation: float | None

    @property
    def statistic(self) -> str:
        return name_parts(self.name)[2]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(row.figures[self.name].mean for row in self.rows)

    def since(self, before: int) -> float | None:
        """Change of the newest value from the one `before` weeks earlier, None when there is none."""
        if len(self.rows) <= before:
            return None
        newest, older = (self._scaled(self.rows[place]) for place in (-1, -1 - before))
        if newest is None or older is None:
            return None
        return newest - older if self.statistic == "ratio" else math.expm1(newest - older)

    def _scaled(self, row: HistoryRow) -> float | None:
        return _scaled(self.statistic, row.figures[self.name].mean)


@dataclass(frozen=True, slots=True)
class HistorySegment:
    """Rows that can be compared, oldest first; `series` in the order of their names."""

    setting: HistorySetting
    rows: tuple[HistoryRow, ...]
    series: tuple[HistorySeries, ...]

    @property
    def changes(self) -> tuple[tuple[HistorySeries, Change], ...]:
        """Of all series, the newest first."""
        found = [(series, change) for series in self.series for change in series.changes]
        return tuple(sorted(found, key=lambda pair: pair[1].row.start_utc, reverse=True))


def segments_of(rows: Sequence[HistoryRow]) -> tuple[HistorySegment, ...]:
    """The one with the newest row last. A return to an earlier environment continues its segment."""
    by_setting: dict[HistorySetting, list[HistoryRow]] = {}
    for row in sorted(rows, key=lambda row: (row.start_utc, row.baseline_id)):
        by_setting.setdefault(row.setting, []).append(row)
    found = [
        HistorySegment(setting, tuple(alike), tuple(_series(alike))) for setting, alike in by_setting.items()
    ]
    return tuple(sorted(found, key=lambda segment: segment.rows[-1].start_utc))


def segment_of(segments: Sequence[HistorySegment], baseline_id: str) -> HistorySegment:
    """The one that holds the row of this baseline."""
    return next(s for s in segments if any(row.baseline_id == baseline_id for row in s.rows))


def _series(rows: Sequence[HistoryRow]) -> Iterator[HistorySeries]:
    for name in sorted({name for row in rows for name in row.figures}):
        yield _one_series(name, [row for row in rows if name in row.figures])


def _one_series(name: str, rows: Sequence[HistoryRow]) -> HistorySeries:
    _, metric, statistic = name_parts(name)
    values = [_scaled(statistic, row.figures[name].mean) for row in rows]
    changes: tuple[Change, ...] = ()
    deviation = None
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        found = change_points(known, least_shift=_least_shift(metric, statistic, known))
        deviation = deviation_around_levels(known, [point.index for point in found])
        rises_worse = metric_named(metric).direction is Direction.LOWER and name not in rows[-1].drops
        changes = tuple(
            Change(
                row=rows[point.index],
                change=point.shift if statistic == "ratio" else math.expm1(point.shift),
                p=point.p,
                worse=(point.shift > 0) is rises_worse,
            )
            for point in found
        )
    return HistorySeries(name, metric_named(metric).unit, tuple(rows), changes, deviation)


def _least_shift(metric: str, statistic: str, values: Sequence[float]) -> float:
    """On the scale of the values. As in a comparison, a time has to move by a millisecond."""
    least = _LEAST_SHIFTS.get(statistic, _LEAST_SHIFT)
    if statistic == "ratio":
        return least
    if metric_named(metric).unit == "us":
        least = max(least, LEAST_EFFECT_US / math.exp(math.fsum(values) / len(values)))
    return math.log1p(least)


def _scaled(statistic: str, value: float) -> float | None:
    """None for what has no logarithm."""
    return None if statistic != "ratio" and value <= 0 else on_scale(statistic, value)
