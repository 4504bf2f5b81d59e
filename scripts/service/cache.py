"""A semantic cache: the answer to a question that means nearly the same as an earlier one."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from scripts.service.embedding import Vector

T = TypeVar("T")


@dataclass(slots=True)
class _Entry(Generic[T]):
    key: Hashable
    value: T


class SemanticCache(Generic[T]):
    """Bounded, least recently used out first. Only entries stored under an equal `key` can match."""

    def __init__(self, capacity: int, threshold: float) -> None:
        self._capacity = capacity
        self._threshold = threshold
        self._vectors: NDArray[np.float32] | None = None
        self._entries: OrderedDict[int, _Entry[T]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, vector: Vector, key: Hashable) -> T | None:
        row = self._match(vector, key)
        if row is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(row)
        return self._entries[row].value

    def put(self, vector: Vector, key: Hashable, value: T) -> None:
        """Replaces what already matches; a vector of zeros means nothing and is not kept."""
        if not vector.any():
            return
        if self._vectors is None:
            self._vectors = np.zeros((self._capacity, len(vector)), dtype=np.float32)
        row = self._match(vector, key)
        if row is None:
            row = (
                len(self._entries)
                if len(self._entries) < self._capacity
                else self._entries.popitem(last=False)[0]
            )
        self._vectors[row] = vector
        self._entries[row] = _Entry(key, value)
        self._entries.move_to_end(row)

    def _match(self, vector: Vector, key: Hashable) -> int | None:
        if self._vectors is None:
            return None
        scores = self._vectors[: len(self._entries)] @ vector
        near = np.flatnonzero(scores >= self._threshold)
        for row in sorted(near, key=lambda row: -float(scores[row])):
            if self._entries[int(row)].key == key:
                return int(row)
        return None
