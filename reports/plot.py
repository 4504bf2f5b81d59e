"""Draws the panels of a timeline, all with the same time axis, so that they line up when stacked."""

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from reports.printable import printable
from reports.quantity import Scale, clock_time, scale_for, tick
from reports.svg import COLOURS, Margins, drawing, figure_with_axes, inline_svg
from reports.timeline import Drawn, Line, Panel, StageSpan, StateSpan, Timeline

WIDTH_IN = 10.6
_MARGINS = Margins(left_in=0.62, right_in=0.16, top_in=0.08, bottom_in=0.19)
_AXIS_IN = WIDTH_IN - _MARGINS.left_in - _MARGINS.right_in
_CHARACTER_IN = 0.062
_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
_STATE_COLOURS = {"closed": "good", "open": "bad", "half_open": "warn", "half-open": "warn"}


def draw_stages(timeline: Timeline, name: str) -> Markup:
    """The strip above all panels: stages by name, or by number where it does not fit, marks by letter."""
    with drawing():
        figure, axes = _figure(0.55, timeline)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_locator(NullLocator())
        axes.spines[:].set_visible(False)
        per_second = _AXIS_IN / timeline.end_s
        for stage in timeline.stages:
            room = int((stage.end_s - stage.start_s) * per_second / _CHARACTER_IN)
            full = f"{stage.number} {stage.name}"
            label = full if len(full) <= room else str(stage.number) if room >= 2 else ""
            middle = (stage.start_s + stage.end_s) / 2
            axes.text(middle, 0.36, printable(label), ha="center", va="center", fontsize=8)
        for mark in timeline.marks:
            axes.text(
                mark.t_s, 0.86, mark.letter, ha="center", va="center", fontsize=7.5, color=COLOURS["bad"]
            )
        return inline_svg(figure, name, "Stages of the run on its time axis")


def draw_panel(panel: Panel, timeline: Timeline, name: str) -> Markup:
    with drawing():
        figure = _bands(panel, timeline) if panel.states else _lines(panel, timeline)
        return inline_svg(figure, name, f"{panel.title} over time")


def panel_scale(panel: Panel) -> Scale:
    return scale_for(panel.unit, panel.largest)


def limits_in_view(panel: Panel) -> bool:
    """All limits or none, so that the distance between them can be seen."""
    nearest = min((limit.value for limit in panel.limits), default=None)
    return panel.largest is not None and nearest is not None and nearest <= panel.largest * 1.7


def _lines(panel: Panel, timeline: Timeline) -> Figure:
    figure, axes = _figure(1.75 if panel.unit == "us" else 1.2, timeline)
    scale = panel_scale(panel)
    _areas(axes, [line for line in panel.lines if line.drawn is Drawn.AREA], scale)
    for line in panel.lines:
        if line.drawn is not Drawn.AREA:
            _line(axes, line, scale)
    top = (panel.largest or 0.0) / scale.divisor if not panel.stacked else axes.dataLim.y1
    if limits_in_view(panel):
        for limit in panel.limits:
            value = limit.value / scale.divisor
            axes.axhline(value, color=COLOURS[limit.colour], linewidth=0.9, linestyle=(0, (5, 3)))
            top = max(top, value)
    # Without a zero the axis spans a tenth of the value at least, so that noise does not look like growth.
    bottom = 0.0 if panel.from_zero or top <= 0 else max(0.0, min(axes.dataLim.y0 * 0.99, top * 0.9))
    axes.set_ylim(bottom, top + (top - bottom) * 0.12 if top > 0 else 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.grid(axis="y")
    return figure


def _line(axes: Axes, line: Line, scale: Scale) -> None:
    dashed = line.drawn is Drawn.DASHED
    colour = COLOURS[line.colour]
    xs, ys = _columns(line, scale)
    axes.plot(
        xs,
        ys,
        color=colour,
        linewidth=0.9 if dashed else 1.3,
        linestyle=(0, (3, 2)) if dashed else "solid",
        solid_capstyle="round",
        solid_joinstyle="round",
        zorder=3,
    )
    alone = _alone(line)
    if alone:
        # A value between two gaps has no line of its own.
        axes.scatter(
            [x for x, _ in alone], [y / scale.divisor for _, y in alone], s=3, color=colour, zorder=3
        )


def _areas(axes: Axes, lines: Sequence[Line], scale: Scale) -> None:
    base: dict[float, float] = {}
    for line in lines:
        xs = [x for x, _ in line.points]
        low = [base.get(x, 0.0) for x in xs]
        high = [
            low_y + (value or 0.0) / scale.divisor for low_y, (_, value) in zip(low, line.points, strict=True)
        ]
        axes.fill_between(xs, low, high, color=COLOURS[line.colour], linewidth=0, step="post", zorder=2)
        base.update(zip(xs, high, strict=True))


def _bands(panel: Panel, timeline: Timeline) -> Figure:
    rows = list(dict.fromkeys(span.label for span in panel.states))
    figure, axes = _figure(0.3 + 0.24 * len(rows), timeline)
    for span in panel.states:
        _band(axes, span, rows.index(span.label), timeline)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.yaxis.set_major_locator(NullLocator())
    axes.spines["left"].set_visible(False)
    return figure


def _band(axes: Axes, span: StateSpan, row: int, timeline: Timeline) -> None:
    colour = COLOURS[_STATE_COLOURS.get(span.state, "muted")]
    axes.barh(
        row, span.end_s - span.start_s, left=span.start_s, height=0.62, color=colour, alpha=0.55, linewidth=0
    )
    room = (span.end_s - span.start_s) / timeline.end_s * _AXIS_IN / _CHARACTER_IN
    for label in (f"{span.label}: {span.state}", span.state):
        if len(label) <= room - 1:
            axes.annotate(
                printable(label),
                (span.start_s, row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
            )
            return


def _figure(height_in: float, timeline: Timeline) -> tuple[Figure, Axes]:
    figure, axes = figure_with_axes(WIDTH_IN, height_in, _MARGINS)
    axes.set_xlim(0, timeline.end_s)
    for stage in timeline.stages:
        _shade(axes, stage)
    for mark in timeline.marks:
        axes.axvline(mark.t_s, color=COLOURS["bad"], linewidth=0.7, linestyle=(0, (2, 2)), zorder=1.5)
    step = next((step for step in _TICK_STEPS_S if timeline.end_s / step <= 10), 86400)
    ticks = [float(t) for t in range(0, int(timeline.end_s) + 1, step)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock_time(value)))
    axes.tick_params(labelsize=7.2, pad=3.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _shade(axes: Axes, stage: StageSpan) -> None:
    if not stage.measured:
        axes.axvspan(stage.start_s, stage.end_s, color=COLOURS["warmup"], linewidth=0, zorder=0)
    elif stage.number % 2 == 0:
        axes.axvspan(stage.start_s, stage.end_s, color=COLOURS["stage"], linewidth=0, zorder=0)


def _columns(line: Line, scale: Scale) -> tuple[list[float], list[float]]:
    xs = [x for x, _ in line.points]
    return xs, [float("nan") if value is None else value / scale.divisor for _, value in line.points]


def _alone(line: Line) -> list[tuple[float, float]]:
    groups = groupby(line.points, key=lambda point: point[1] is None)
    stretches = [list(points) for absent, points in groups if not absent]
    return [
        (points[0][0], value)
        for points in stretches
        if len(points) == 1 and (value := points[0][1]) is not None
    ]
