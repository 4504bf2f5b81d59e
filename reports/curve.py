"""Percentile curves: latency against 1/(1-p) on a logarithmic axis, which gives the tail its room."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from reports.quantity import Scale, scale_for, tick
from reports.svg import COLOURS, drawing, inline_svg
from reports.timeline import Drawn

POINTS = 160
_TICKS = ((0.5, "50 %"), (0.9, "90 %"), (0.95, "95 %"), (0.99, "99 %"), (0.999, "99.9 %"))
_FAR_TICKS = ((0.9999, "99.99 %"), (0.99999, "99.999 %"), (0.999999, "99.9999 %"))
_LOGARITHMIC_FROM = 30.0


@dataclass(frozen=True, slots=True)
class Curve:
    """`points` are (p, value) with p below 1; the last one is the largest observation."""

    label: str
    colour: str
    unit: str
    count: int
    points: tuple[tuple[float, float], ...]
    drawn: Drawn = Drawn.LINE


@dataclass(frozen=True, slots=True)
class CurveChart:
    endpoint: str
    metric: str
    curves: tuple[Curve, ...]


def curve_points(percentile: Callable[[float], float | None], count: int) -> tuple[tuple[float, float], ...]:
    """As far into the tail as there are observations: the last point stands for one in `count`."""
    if count < 2:
        return ()
    span = math.log10(count)
    places = [1 - 10 ** (-span * step / POINTS) for step in range(POINTS + 1)]
    found = [(p, percentile(p)) for p in places]
    return tuple((p, value) for p, value in found if value is not None)


def chart_scale(chart: CurveChart) -> Scale:
    return scale_for(chart.curves[0].unit, max(_middle(curve) for curve in chart.curves))


def is_logarithmic(chart: CurveChart) -> bool:
    """A tail far above the middle is drawn on a logarithmic axis, or the middle could not be seen."""
    return max(curve.points[-1][1] for curve in chart.curves) > _LOGARITHMIC_FROM * min(
        _middle(curve) for curve in chart.curves
    )


def draw_curves(chart: CurveChart, name: str) -> Markup:
    with drawing():
        figure = Figure(figsize=(5.2, 2.5))
        axes = figure.add_axes((0.11, 0.12, 0.865, 0.83))
        scale = chart_scale(chart)
        for curve in reversed(chart.curves):
            _draw(axes, curve, scale)
        _tail_axis(axes, max(curve.count for curve in chart.curves))
        if is_logarithmic(chart):
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, axes.dataLim.y1 * 1.06)
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        axes.grid()
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7.2, pad=2.5)
        return inline_svg(figure, name, f"Percentiles of {chart.metric} of {chart.endpoint}")


def _draw(axes: Axes, curve: Curve, scale: Scale) -> None:
    xs = [1 / (1 - p) for p, _ in curve.points]
    ys = [value / scale.divisor for _, value in curve.points]
    dashed = curve.drawn is Drawn.DASHED
    colour = COLOURS[curve.colour]
    axes.plot(
        xs,
        ys,
        color=colour,
        linewidth=1.0 if dashed else 1.6,
        linestyle=(0, (4, 2)) if dashed else "solid",
        zorder=3,
    )
    axes.scatter(xs[-1:], ys[-1:], s=8, color=colour, zorder=4)


def _tail_axis(axes: Axes, count: int) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1, count * 1.25)
    ticks = [(1 / (1 - p), label) for p, label in (*_TICKS, *_FAR_TICKS) if 1 / (1 - p) <= count * 1.25]
    if count > 1000:
        ticks = [(x, label) for x, label in ticks if label != "95 %"]  # it would touch its neighbour
    axes.xaxis.set_major_locator(FixedLocator([x for x, _ in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _, at: ticks[at][1] if at is not None else ""))
    axes.xaxis.set_minor_locator(NullLocator())


def _middle(curve: Curve) -> float:
    return min(curve.points, key=lambda point: abs(point[0] - 0.5))[1]
