"""Streams that are taken up where they broke off, as browsers do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """How often a stream that broke off is asked for again with `Last-Event-ID`, and how soon."""

    attempts: int
    """For each question; every one is a request of its own, and what failed before it stays failed."""
    wait_s: float = 1.0
    """Where the service has named no time by `retry:`."""
    max_wait_s: float = 10.0
    """Whatever the service names."""
