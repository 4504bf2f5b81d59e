"""The parts of a load profile: its model, its stages and the rules that abort it."""

from dataclasses import dataclass
from enum import StrEnum


class Model(StrEnum):
    """Whether arrivals follow a schedule of their own or wait for earlier answers."""

    OPEN = "open"
    """`level` is requests that become due each second, whatever the service does."""
    CLOSED = "closed"
    """`level` is users, each asking again after its answer and its pause."""


class Arrivals(StrEnum):
    """How an open model spaces its requests."""

    POISSON = "poisson"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the run at one level, or on the way to it."""

    name: str
    duration_s: int
    level: float
    ramp: bool = False
    """Go to the level in a straight line from the previous stage's; otherwise step."""
    measure: bool = True
    """False for warm-up and pauses: recorded, but in no metric."""


@dataclass(frozen=True, slots=True)
class AbortRule:
    """Stop the run when a metric over the last window is above the limit."""

    endpoint: str | None
    """None: all endpoints together."""
    metric: str
    statistic: str
    above: float
    """A ratio for `errors`, microseconds for times."""
    window_s: int
    min_count: int = 20
    """Finished requests below which the window decides nothing."""
