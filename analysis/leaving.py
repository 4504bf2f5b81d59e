"""Users that leave a stream before its end, as people do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaving:
    """Which share of streams is left and when; exactly one of the two ranges is given."""

    share: float
    after_tokens: tuple[int, int] | None = None
    """After a number of text events drawn from this range, both ends included."""
    after_s: tuple[float, float] | None = None
    """After a time drawn from this range, counted from the send."""
    resets: bool = False
    """Whether the connection is cut (RST) instead of closed."""
