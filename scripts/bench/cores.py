"""Which core the generators get and which the server."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from analysis.errors import UsageError


@dataclass(frozen=True, slots=True)
class Cores:
    """One core each, so that every generator has the same."""

    generator: int
    server: int

    def pin_generator(self) -> Callable[[], None]:
        """For `preexec_fn`: what the child starts stays on the generator's core as well."""
        core = self.generator
        return lambda: os.sched_setaffinity(0, {core})


def two_cores() -> Cores:
    """Raises UsageError on a machine that gives this process one core only."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise UsageError(f"benchmarks: found {len(cores)} usable core, wanted 2: to ask and to answer")
    return Cores(generator=cores[0], server=cores[1])
