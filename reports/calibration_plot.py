"""The curves of a calibration: error against load, for requests and for streams, side by side."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from analysis.calibration import Calibration, Microseconds
from reports.quantity import quantity, tick
from reports.svg import COLOURS, drawing, file_svg

WIDTH_IN, HEIGHT_IN = 10.6, 3.6
_LEAST_US = 1.0
"""Smaller errors are drawn here: the axis is logarithmic."""
_DASHES = (0, (4, 2))

LineStyle = str | tuple[int, tuple[int, int]]


def draw_calibration(calibration: Calibration) -> str:
    """An SVG file; the same for the same calibration."""
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
        left, right = (figure.add_axes((at, 0.17, 0.41, 0.68)) for at in (0.075, 0.57))
        rates, streams, limits = calibration.rates, calibration.streams, calibration.limits
        loads = [step.rate_per_s for step in rates]
        _curves(left, loads, [step.response_error_us for step in rates], "solid")
        _curves(left, loads, [step.service_error_us for step in rates], _DASHES)
        trusted = calibration.trusted_rate
        _limits(left, limits.response_error_us, None if trusted is None else trusted.rate_per_s)
        _frame(left, loads, "requests/s of one worker")
        loads = [float(step.streams) for step in streams]
        _curves(right, loads, [step.stamp_error_us for step in streams], "solid")
        _curves(right, loads, [step.ttft_error_us for step in streams], _DASHES)
        many = calibration.trusted_streams
        _limits(right, limits.stamp_error_us, None if many is None else float(many.streams))
        _frame(right, loads, "streams of one worker")
        left.set_title("Error of response (solid) and service (dashed)", loc="left", fontsize=9)
        right.set_title("Error of text events' stamps (solid) and ttft (dashed)", loc="left", fontsize=9)
        figure.legend(handles=left.get_legend_handles_labels()[0], loc="upper right", ncols=3, frameon=False)
        return file_svg(figure, "calibration", _description(calibration))


def _curves(axes: Axes, loads: Sequence[float], errors_us: Sequence[Microseconds], drawn: LineStyle) -> None:
    for percent in ("p50", "p95", "p99"):
        axes.plot(
            loads,
            [max(_LEAST_US, abs(error[percent])) for error in errors_us],
            color=COLOURS[percent],
            linewidth=1.5 if drawn == "solid" else 1.0,
            linestyle=drawn,
            marker="o",
            markersize=2.6,
            label=percent if drawn == "solid" else None,
            zorder=3,
        )


def _limits(axes: Axes, error_us: float, load: float | None) -> None:
    """What is trusted lies below the one, and to the left of the other."""
    axes.axhline(error_us, color=COLOURS["bad"], linewidth=0.9, linestyle=_DASHES)
    if load is not None:
        axes.axvline(load, color=COLOURS["good"], linewidth=0.9, linestyle=_DASHES)


def _frame(axes: Axes, loads: Sequence[float], what: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(what)
    axes.xaxis.set_major_locator(FixedLocator(_spread(loads)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.yaxis.set_major_locator(LogLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, "us")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.2, pad=2.5)
    axes.set_ylim(_LEAST_US, 3 * max(axes.dataLim.y1, _LEAST_US))


def _spread(loads: Sequence[float]) -> list[float]:
    """Those whose labels have room on a logarithmic axis."""
    kept: list[float] = []
    for load in loads:
        if not kept or load >= 1.45 * kept[-1]:
            kept.append(load)
    return kept


def _description(calibration: Calibration) -> str:
    rate, streams = calibration.trusted_rate, calibration.trusted_streams
    first = "no rate" if rate is None else f"{tick(rate.rate_per_s)} requests/s"
    second = "no streams" if streams is None else f"{streams.streams} streams"
    return f"Error of this machine's generator by load; trusted up to {first} and {second}"
