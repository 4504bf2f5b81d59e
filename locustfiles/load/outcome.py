"""What became of one started request."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analysis.failure import Failure

NOTHING: Mapping[str, int] = {}


class Outcome(NamedTuple):
    """What a finished exchange adds to its own stamps. A tuple: one may be made per request."""

    failure: Failure | None = None
    timings_us: Mapping[str, int] = NOTHING
    """Stream timings and stages; empty for a failure."""
    gaps_us: Sequence[int] = ()
    text_events: int = 0


PLAIN = Outcome()
"""A good answer that says nothing about itself."""
