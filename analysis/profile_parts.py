"""The parts of a load profile: its model, its stages or its search, and the rules that abort it."""

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


@dataclass(frozen=True, slots=True)
class Search:
    """How the highest rate that keeps the objectives is looked for, in steps of one rate each."""

    start_per_s: float
    growth: float = 2.0
    """From step to step until one misses an objective, or keeps them all when the first one did not."""
    most_per_s: float = 100_000.0
    steps: int = 30
    precision: float = 0.1
    """By so much the upper end of the interval may lie above its lower end."""
    warm_up_s: int = 20
    """Before the first step is measured."""
    settle_s: int = 5
    """Before each other step is measured."""
    step_s: int = 20
    """Measured of each step."""
    rest_s: int = 30
    """At most, for the service to finish what a step left."""

    @property
    def longest_s(self) -> int:
        """Seconds of all steps and rests."""
        return self.warm_up_s + self.steps * (self.settle_s + self.step_s + REPORTED_S + self.rest_s)


REPORTED_S = 5
"""From the end of a step until every worker has said that nothing is in flight and the next one begins."""
