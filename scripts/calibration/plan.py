"""How much a calibration measures."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps ascend; the first that is far too much ends its round."""

    rates: Sequence[int]
    """Requests a second."""
    streams: Sequence[int]
    rounds: int
    window_s: int
    """What is measured of each step."""
    warm_up_s: int
    """Long enough for what a process does once, soon after its start."""


FULL = Plan(
    rates=(250, 500, 1000, 2000, 4000, 8000, 12_000, 16_000, 20_000, 25_000),
    streams=(50, 100, 250, 500, 1000),
    rounds=3,
    window_s=3,
    warm_up_s=6,
)
QUICK = Plan(
    rates=(500, 1000, 2000, 4000, 8000, 12_000),
    streams=(100, 250, 500),
    rounds=1,
    window_s=2,
    warm_up_s=4,
)
