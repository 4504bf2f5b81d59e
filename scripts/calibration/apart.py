"""Keeps the server's work off the cores of the generator that is measured."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from scripts.bench.cores import Cores

logger = logging.getLogger(__name__)

BUSY_PERCENT = 10.0


def warn_if_busy() -> None:
    """What else runs is measured along: it makes the generator late."""
    busy_percent = psutil.cpu_percent(interval=1.0)
    if busy_percent > BUSY_PERCENT:
        logger.warning(
            "Something else uses %.0f %% of this machine's cores: errors will be larger than on a quiet one",
            busy_percent,
        )


@contextmanager
def apart() -> Iterator[Cores]:
    """Meanwhile this process, and what it starts, runs on all cores but the server's."""
    cores = os.sched_getaffinity(0)
    own = max(cores)
    if len(cores) == 1:
        logger.warning("One core only: the server takes its share of it, and less load can be trusted")
        yield Cores(generator=own, server=own)
        return
    os.sched_setaffinity(0, cores - {own})
    try:
        yield Cores(generator=min(cores), server=own)
    finally:
        os.sched_setaffinity(0, cores)
