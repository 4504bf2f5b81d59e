"""Changes against the rolling baseline and the anchor, each with its interval and its margin."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.result import Comparison, ComparisonRow
from reports import wording
from reports.printable import printable
from reports.quantity import change
from reports.svg import COLOURS, Margins, drawing, figure_with_axes, file_svg

WIDTH_IN, LINE_IN = 10.6, 0.27
_MARGINS = Margins(left_in=1.9, right_in=0.2, top_in=0.35, bottom_in=0.3)
_REACH = 2.5
"""Margins shown on either side of zero; all rows share this scale, so that their margins line up."""


def draw_changes(rolling: Comparison | None, anchor: Comparison | None) -> str:
    """An SVG file. Worse is to the right, whatever the metric; gated rows only."""
    sides = [
        (name, [row for row in side.rows if row.gated and row.change is not None])
        for name, side in (("rolling", rolling), ("anchor", anchor))
        if side is not None and side.comparable
    ]
    names = sorted({_title(row) for _, rows in sides for row in rows})
    height_in = _MARGINS.top_in + _MARGINS.bottom_in + LINE_IN * max(1, len(names))
    with drawing():
        figure, axes = figure_with_axes(WIDTH_IN, height_in, _MARGINS)
        _frame(axes, names)
        for place, (name, rows) in enumerate(sides):
            offset = 0.0 if len(sides) == 1 else (-0.17, 0.17)[place]
            _rows(axes, rows, names, offset, filled=name == "rolling")
        heading = "Change in margins: against the rolling baseline (filled) and the anchor (hollow)"
        axes.set_title(heading if sides else "Nothing to compare with", loc="left", fontsize=9)
        return file_svg(figure, "changes", _description(sides))


def _rows(
    axes: Axes, rows: Sequence[ComparisonRow], names: Sequence[str], offset: float, *, filled: bool
) -> None:
    for row in rows:
        if row.change is None or row.low is None or row.high is None or row.margin <= 0:
            continue
        sign = -1.0 if row.direction == "higher" else 1.0
        low, middle, high = (sign * value / row.margin for value in (row.low, row.change, row.high))
        y = names.index(_title(row)) + offset
        colour = COLOURS[wording.outcome_tone(row.outcome)]
        axes.plot((_inside(low), _inside(high)), (y, y), color=colour, linewidth=1.8, zorder=3)
        face = colour if filled else "none"
        axes.plot(_inside(middle), y, marker="o", markersize=5, color=colour, markerfacecolor=face, zorder=4)


def _frame(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xlim(-_REACH, _REACH)
    axes.set_ylim(len(names) - 0.5 if names else 0.5, -0.5)
    axes.axvline(0.0, color=COLOURS["muted"], linewidth=0.8)
    for margin in (-1.0, 1.0):
        axes.axvline(margin, color=COLOURS["bad" if margin > 0 else "good"], linewidth=0.8, linestyle="--")
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    axes.set_yticklabels([printable(name) for name in names])
    axes.xaxis.set_major_locator(FixedLocator([-2.0, -1.0, 0.0, 1.0, 2.0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.0f}" if value else "0"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=7.5, pad=3)


def _inside(margins: float) -> float:
    return max(-_REACH, min(_REACH, margins))


def _title(row: ComparisonRow) -> str:
    return wording.title(row.endpoint, row.metric, row.statistic)


def _description(sides: Sequence[tuple[str, Sequence[ComparisonRow]]]) -> str:
    parts = [
        f"{name}: " + ", ".join(f"{_title(row)} {change(row.change, row.unit)}" for row in rows)
        for name, rows in sides
    ]
    return "Changes. " + ". ".join(parts) if parts else "No changes to show"
