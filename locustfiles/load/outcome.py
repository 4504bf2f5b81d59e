"""What became of one started request."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analysis.failure import Failure
from locustfiles.load.exchange import Exchange

NOTHING: Mapping[str, int] = {}


class Outcome(NamedTuple):
    """A finished exchange and what it adds to the metrics of its stamps. A tuple: one is made per request."""

    exchange: Exchange
    failure: Failure | None
    timings_us: Mapping[str, int] = NOTHING
    """Stream timings and stages; empty for a failure."""
    gaps_us: Sequence[int] = ()
    text_events: int = 0
