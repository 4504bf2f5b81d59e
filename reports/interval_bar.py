"""The interval of a comparison as a small drawing: how far from zero, how far from the margin."""

from markupsafe import Markup, escape

from analysis.result import ComparisonRow
from analysis.screen import CONFIDENCE
from reports import wording
from reports.printable import printable

_REACH = 2.5
"""Margins shown on either side of zero; all rows share this scale, so their margins line up."""
_WIDTH, _HEIGHT, _PAD = 220.0, 22.0, 6.0


def draw_interval(row: ComparisonRow, decided: bool, confidence: float = CONFIDENCE) -> Markup:
    """Worse is to the right, whatever the metric's direction; empty without an interval."""
    if row.change is None or row.low is None or row.high is None or row.margin <= 0:
        return Markup("")
    sign = -1.0 if row.direction == "higher" else 1.0
    low, high = sorted((sign * row.low / row.margin, sign * row.high / row.margin))
    middle = sign * row.change / row.margin
    colour = f"var(--{wording.outcome_tone(row.outcome)})" if decided and row.gated else "var(--muted)"
    y = _HEIGHT / 2
    parts = [
        _rect(1, _REACH, "worse"),
        _rect(-_REACH, -1, "better"),
        f'<line class="zero" x1="{_x(0):.1f}" x2="{_x(0):.1f}" y1="2" y2="{_HEIGHT - 2:.0f}"/>',
        f'<path d="M {_x(low):.1f} {y} H {_x(high):.1f}" stroke="{colour}" stroke-width="2.5"/>',
        _end(low, colour, -1),
        _end(high, colour, 1),
    ]
    if abs(middle) <= _REACH:
        parts.append(f'<circle cx="{_x(middle):.1f}" cy="{y}" r="3.6" fill="{colour}"/>')
    label = escape(printable(wording.comparison_sentence(row, confidence)))
    opening = Markup(
        '<svg class="bar" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
    ).format(int(_WIDTH), int(_HEIGHT), int(_WIDTH), int(_HEIGHT), label)
    return opening + Markup("".join(parts)) + Markup("</svg>")  # noqa: S704 - only numbers and colours of ours


def _x(margins: float) -> float:
    clipped = max(-_REACH, min(_REACH, margins))
    return _PAD + (clipped + _REACH) / (2 * _REACH) * (_WIDTH - 2 * _PAD)


def _rect(start: float, end: float, name: str) -> str:
    x, width = _x(start), _x(end) - _x(start)
    return f'<rect class="{name}" x="{x:.1f}" y="2" width="{width:.1f}" height="{_HEIGHT - 4:.0f}"/>'


def _end(margins: float, colour: str, side: int) -> str:
    """A bar across the end of the interval, or an arrow head where it goes on beyond the drawing."""
    x, y = _x(margins), _HEIGHT / 2
    if abs(margins) <= _REACH:
        return (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 4}" y2="{y + 4}" stroke="{colour}" stroke-width="2"/>'
        )
    if margins * side < 0:
        return ""
    return f'<path d="M {x + side * 5:.1f} {y} l {-side * 7} -4.5 v 9 z" fill="{colour}"/>'
