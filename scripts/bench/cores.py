"""Which core the generators get and which the server."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from analysis.errors import UsageError
from scripts.child_end import end_with_parent

REAL_TIME = 1
"""The lowest of these priorities."""


@dataclass(frozen=True, slots=True)
class Cores:
    """One core each, so that every generator has the same."""

    generator: int
    server: int

    def pin_generator(self, *, real_time: bool = False) -> Callable[[], None]:
        """For `preexec_fn`: what the child starts stays on the generator's core as well, and it ends with us.

        With real-time priority, where that is allowed, no other program keeps it waiting.
        """
        core = self.generator

        def pin() -> None:
            end_with_parent()
            os.sched_setaffinity(0, {core})
            if real_time:
                with suppress(PermissionError):
                    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME))

        return pin


def two_cores() -> Cores:
    """Raises UsageError on a machine that gives this process one core only."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise UsageError(f"benchmarks: found {len(cores)} usable core, wanted 2: to ask and to answer")
    return Cores(generator=cores[0], server=cores[1])
