"""Compares what the service holds before the load and after it, by the sidecar's samples."""

from time import monotonic
from typing import Any

import gevent

from analysis.leak import LeakWatch, Levels, held, levels
from analysis.sample import Sample

LEVEL_LIMIT_S = 5.0
"""How long a run waits for the first sample, which is taken before the load."""
POLL_S = 0.05
CALM_SAMPLES = 2
"""Samples in a row without anything held, as one may have been taken before the last clients went."""


class Settling:
    """`take` every sample; call `wait_for_level` before the load and `settle` after it."""

    def __init__(self, watch: LeakWatch) -> None:
        self._watch = watch
        self._before: Levels | None = None
        self._now: Levels = {}
        self._taken = 0

    def take(self, sample: Sample) -> None:
        """Note a sample. The first one that has all that is judged is the level to come back to."""
        self._now = levels(sample, self._watch)
        self._taken += 1
        if self._before is None and self._now.keys() == self._watch.above.keys():
            self._before = self._now

    def wait_for_level(self) -> None:
        """Block until there is a level to come back to, for a few seconds at most."""
        until_s = monotonic() + LEVEL_LIMIT_S
        while self._before is None and monotonic() < until_s:
            gevent.sleep(POLL_S)

    def settle(self) -> dict[str, Any] | None:
        """Block until the service holds no more than before, or the wait is over; None without a level."""
        if self._before is None:
            return None
        began_s, seen, calm = monotonic(), self._taken, 0
        while calm < CALM_SAMPLES and monotonic() - began_s < self._watch.wait_s:
            gevent.sleep(POLL_S)
            if self._taken > seen:
                seen = self._taken
                calm = 0 if held(self._before, self._now, self._watch) else calm + 1
        waited_s = round(monotonic() - began_s, 2)
        return {"waited_s": waited_s, "before": dict(self._before), "after": dict(self._now)}
