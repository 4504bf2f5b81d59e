"""A few failures of each kind at each endpoint as events, so that a report can show what they were."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

PER_KIND = 5


class ExemplarLog:
    """One per run; workers send a few of each of their slices."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self._noted: Counter[tuple[str, str]] = Counter()

    def take(self, endpoint: str, exemplars: Iterable[Mapping[str, Any]]) -> None:
        """Append the first ones."""
        for exemplar in exemplars:
            key = (endpoint, exemplar["failure"])
            self._noted[key] += 1
            if self._noted[key] <= PER_KIND:
                self._note("exemplar", endpoint=endpoint, **exemplar)
