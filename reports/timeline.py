"""What happened when: panels of lines on the one time axis of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float | None]
"""Seconds since the start, and the value there; None breaks the line."""

MAX_POINTS = 480
"""As many points as a line can show on the page's width."""


class Drawn(StrEnum):
    LINE = "line"
    DASHED = "dashed"
    AREA = "area"
    """Stacked on the areas before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without a label has no entry in the legend."""

    label: str
    colour: str
    points: tuple[Point, ...]
    drawn: Drawn = Drawn.LINE

    @property
    def largest(self) -> float | None:
        return max((value for _, value in self.points if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A breaker or another thing with states: it was in `state` from start to end."""

    label: str
    state: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line with a name."""

    label: str
    value: float
    colour: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines of one unit; `states` make it a chart of bands instead."""

    title: str
    unit: str
    lines: tuple[Line, ...] = ()
    limits: tuple[Limit, ...] = ()
    states: tuple[StateSpan, ...] = ()
    note: str | None = None
    from_zero: bool = True
    """False where growth matters more than size, as for memory: the axis begins near the smallest value."""

    @property
    def largest(self) -> float | None:
        return max((value for line in self.lines if (value := line.largest) is not None), default=None)

    @property
    def stacked(self) -> bool:
        return any(line.drawn is Drawn.AREA for line in self.lines)

    @property
    def empty(self) -> bool:
        return not self.states and self.largest is None


@dataclass(frozen=True, slots=True)
class StageSpan:
    number: int
    name: str
    start_s: float
    end_s: float
    level: str
    measured: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """An event worth a vertical line through every panel; `letter` leads to its sentence below."""

    letter: str
    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    end_s: float
    bin_s: float
    stages: tuple[StageSpan, ...]
    marks: tuple[Mark, ...]
    panels: tuple[Panel, ...]


def thinned(points: Sequence[Point], limit: int = MAX_POINTS) -> tuple[Point, ...]:
    """Long lines keep the largest value of each stretch, and a break wherever a stretch has one."""
    if len(points) <= limit:
        return tuple(points)
    size = -(-len(points) // limit)
    return tuple(_largest(points[at : at + size]) for at in range(0, len(points), size))


def _largest(points: Sequence[Point]) -> Point:
    if any(value is None for _, value in points):
        return (points[0][0], None)
    return max(points, key=lambda point: (point[1] or 0.0, -point[0]))
