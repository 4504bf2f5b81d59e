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
    text_bytes: int = 0
    coalesced: int = 0
    """Text events without a stamp of their own."""
    tokens: int | None = None
    """As the service reports them."""
    hit: bool | None = None
    """Whether the service's cache gave the answer, if it says."""
    sources: int | None = None
    """How many the answer names, if the target file wants them counted."""


PLAIN = Outcome()
"""A good answer that says nothing about itself."""

LEFT = Outcome()
"""A stream that its user left: neither good nor failed. Compare by identity."""
