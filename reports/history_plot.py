"""A history over the weeks: a panel for each endpoint and metric, broken where the environment changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis.arms import name_parts
from analysis.history import HistoryRow
from analysis.history_series import HistorySegment, HistorySeries
from analysis.run_summary import EVERYTHING
from reports.printable import printable
from reports.quantity import scale_for, tick
from reports.svg import COLOURS, drawing, file_svg

WIDTH_IN, PANEL_IN = 10.6, 1.85
_COLUMNS = 2
_TICKS = 6
_DAY_S = 86_400.0
_DASHES = (0, (3, 2))


@dataclass(frozen=True, slots=True)
class _Panel:
    """`lines` are a label, a colour and the statistic in each segment that has it."""

    title: str
    unit: str
    lines: tuple[tuple[str, str, tuple[HistorySeries, ...]], ...]


def draw_history(segments: Sequence[HistorySegment], title: str) -> str:
    """An SVG file, the same for the same history: bars are deviations of runs, dashed lines change points."""
    panels = _panels(segments)
    lines = max(1, math.ceil(len(panels) / _COLUMNS))
    height_in = lines * PANEL_IN
    days = [_day(row) for segment in segments for row in segment.rows]
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, height_in))
        for place, panel in enumerate(panels):
            left = 0.055 + (place % _COLUMNS) * 0.5
            bottom_in = height_in - (place // _COLUMNS + 1) * PANEL_IN + 0.32
            axes = figure.add_axes((left, bottom_in / height_in, 0.43, (PANEL_IN - 0.62) / height_in))
            _draw(axes, panel, segments, days)
        return file_svg(figure, "history", title)


def _panels(segments: Sequence[HistorySegment]) -> list[_Panel]:
    """Percentiles of one endpoint and metric together; a ratio or a rate of all endpoints together."""
    by_name: dict[str, list[HistorySeries]] = {}
    for segment in segments:
        for series in segment.series:
            by_name.setdefault(series.name, []).append(series)
    grouped: dict[str, list[str]] = {}
    for name in sorted(by_name):
        endpoint, metric, statistic = name_parts(name)
        group = metric if statistic in ("ratio", "rate") else f"{endpoint}.{metric}"
        grouped.setdefault(group, []).append(name)
    return [
        _Panel(
            title=group.replace(".", " ", 1),
            unit=by_name[names[0]][0].unit,
            lines=tuple(
                (*_label(name, place), tuple(by_name[name])) for place, name in enumerate(sorted(names))
            ),
        )
        for group, names in grouped.items()
    ]


def _label(name: str, place: int) -> tuple[str, str]:
    endpoint, _, statistic = name_parts(name)
    if statistic in COLOURS:
        return statistic, statistic
    return "all" if endpoint == EVERYTHING else endpoint, f"s{place % 8}"


def _draw(axes: Axes, panel: _Panel, segments: Sequence[HistorySegment], days: Sequence[float]) -> None:
    largest = max(value for _, _, parts in panel.lines for series in parts for value in series.values)
    scale = scale_for(panel.unit, largest)
    for label, colour, parts in panel.lines:
        for place, series in enumerate(parts):
            xs = [_day(row) for row in series.rows]
            ys = [value / scale.divisor for value in series.values]
            axes.plot(xs, ys, color=COLOURS[colour], linewidth=1.2, marker="o", markersize=2.4,
                      label=printable(label) if place == 0 else None, zorder=3)  # fmt: skip
            lows, highs = _bounds(series)
            axes.vlines(xs, [y / scale.divisor for y in lows], [y / scale.divisor for y in highs],
                        color=COLOURS[colour], linewidth=0.7, alpha=0.5, zorder=2)  # fmt: skip
            for change in series.changes:
                role, day = COLOURS["bad" if change.worse else "good"], _day(change.row)
                value = change.row.figures[series.name].mean / scale.divisor
                axes.axvline(day, color=role, linewidth=0.9, linestyle=_DASHES)
                axes.plot(day, value, color=role, marker="o", markersize=7, markerfacecolor="none", zorder=4)
    for number, segment in enumerate(segments):
        if number % 2 == 1:
            first, last = _day(segment.rows[0]), _day(segment.rows[-1])
            axes.axvspan(first, last, color=COLOURS["stage"], linewidth=0, zorder=0)
    axes.set_title(printable(f"{panel.title}, {scale.symbol}"), loc="left", fontsize=9)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=8, frameon=False, fontsize=7.5,
                handlelength=1.2, borderaxespad=0.2)  # fmt: skip
    _frame(axes, days)


def _bounds(series: HistorySeries) -> tuple[list[float], list[float]]:
    """A deviation below and above the mean, of the logarithm but for ratios."""
    figures = [row.figures[series.name] for row in series.rows]
    if series.statistic == "ratio":
        return [max(0.0, f.mean - f.deviation) for f in figures], [f.mean + f.deviation for f in figures]
    return (
        [f.mean * math.exp(-f.deviation) for f in figures],
        [f.mean * math.exp(f.deviation) for f in figures],
    )


def _frame(axes: Axes, days: Sequence[float]) -> None:
    first, last = min(days), max(days)
    room = max(1.0, 0.02 * (last - first))
    axes.set_xlim(first - room, last + room)
    axes.set_ylim(0.0, axes.dataLim.y1 * 1.08 or 1.0)
    step = max(1, math.ceil(len(set(days)) / _TICKS))
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(days))[::step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _date(value)))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.grid(axis="y")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.2, pad=2.5)
    axes.tick_params(axis="x", pad=5)
    axes.set_axisbelow(True)


def _day(row: HistoryRow) -> float:
    return datetime.fromisoformat(row.start_utc).timestamp() / _DAY_S


def _date(day: float) -> str:
    return datetime.fromtimestamp(day * _DAY_S, UTC).strftime("%Y-%m-%d")
