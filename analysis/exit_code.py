"""The exit codes that a run, a judgement and every command share."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a pipeline learns from a finished process."""

    PASS = 0
    REGRESSION = 1
    """A metric became worse than its margin allows, or an objective was missed."""
    USAGE = 2
    INVALID = 3
    """The run says nothing about the service: it was cut short, or the generator was unhealthy."""
    INCONCLUSIVE = 4
    """Too little data to decide, or nothing comparable to decide against."""
