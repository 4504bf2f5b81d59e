"""Finds the passages nearest to a question in an HNSW index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from scripts.service.corpus.passage import Passage
from scripts.service.embedding import Vector


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` is the cosine between question and passage."""

    passage: Passage
    score: float


class PassageIndex:
    def __init__(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        self._passages = tuple(passages)
        self._index = Index(ndim=vectors.shape[1], metric="cos", dtype="f32")
        # one thread: the graph depends on the order of insertion, and answers must not differ between starts
        self._index.add(np.arange(len(self._passages), dtype=np.uint64), vectors, threads=1)

    def __len__(self) -> int:
        return len(self._passages)

    def nearest(self, vector: Vector, top_k: int) -> tuple[Hit, ...]:
        """Best first; nothing for a vector of zeros, which has no direction."""
        if top_k < 1 or not vector.any():
            return ()
        found = self._index.search(vector, min(top_k, len(self._passages)), threads=1)
        return tuple(
            Hit(self._passages[int(key)], round(1.0 - float(distance), 4))
            for key, distance in zip(found.keys, found.distances, strict=True)
        )
