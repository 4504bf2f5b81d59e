"""Two of a target's parts: which questions are asked, and what is promised."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Questions:
    """A question set, and how its popularity falls off from the first line to the last."""

    file: str
    """Path that can be opened; the target file names it relative to the folder above its own."""
    zipf: float = 1.0
    """Exponent: the n-th question is asked in proportion to n**-zipf; 0 asks all alike."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Objective:
    """An absolute limit on one metric: a service-level objective."""

    name: str
    endpoint: str | None
    """None: the service as a whole."""
    metric: str
    statistic: str
    limit: float
    """At most this much; for goodput at least."""
    unit: str
    """us, ratio, MB/h or percent."""
