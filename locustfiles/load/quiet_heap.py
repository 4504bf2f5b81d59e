"""Keeps the garbage collector from stalling the load."""

import gc
from typing import Any

FULL_COLLECTION_EVERY = 100
"""Collections of the middle generation between two of everything. With Python's own 10, five thousand users
stall the loop three times for up to 85 ms while they start."""


class QuietHeap:
    """A full collection looks at everything that lives. During a run that is spared what was there before."""

    def __init__(self) -> None:
        self._thresholds: tuple[int, int, int] | None = None

    def on_test_start(self, **_: Any) -> None:
        """Collect once more, while nothing is due yet."""
        if self._thresholds is None:
            self._thresholds = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*self._thresholds[:2], FULL_COLLECTION_EVERY)

    def on_test_stop(self, **_: Any) -> None:
        """As it was before; the web UI may start many runs."""
        if self._thresholds is not None:
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()
