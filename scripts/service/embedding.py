"""Turns text into unit vectors: TF-IDF reduced by a truncated SVD of the service's own passages.

A smaller part holds hashed words, so that words which no passage uses still tell two texts apart.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

Vector = NDArray[np.float32]

DIMENSIONS = 256
_OVERSAMPLING = 24
_POWER_STEPS = 3
_HASH_BINS = 128
_MEANING_SHARE = 0.8
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_STOP_WORDS = frozenset(
    {
        "a", "about", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "does",
        "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "many",
        "much", "may", "me", "more", "most", "my", "no", "not", "of", "on", "one", "or", "our", "over",
        "per", "so", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
        "to", "under", "was", "we", "were", "what", "when", "where", "which", "while", "who", "why",
        "will", "with", "would", "you", "your", "tell", "explain",
    }
)  # fmt: skip


class Embedder(Protocol):
    async def embed(self, text: str) -> Vector:
        """A unit vector, or all zeros when the text has no words."""
        ...


def words(text: str) -> list[str]:
    """Lower-case terms, without stop words unless there is nothing else; a plural counts as its singular."""
    found = _WORD.findall(text.lower())
    return [_singular(word) for word in found if word not in _STOP_WORDS] or found


@dataclass(frozen=True, slots=True)
class TextModel:
    """`basis` has one row per term, already multiplied by the term's inverse document frequency."""

    terms: dict[str, int]
    basis: NDArray[np.float32]

    def vector(self, text: str) -> Vector:
        counts = Counter(words(text))
        known = [(self.terms[term], count) for term, count in counts.items() if term in self.terms]
        weights = np.array([1.0 + math.log(count) for _, count in known], dtype=np.float32)
        meaning = weights @ self.basis[[index for index, _ in known]] if known else self.basis[0] * 0.0
        return _joined(meaning, _hashed(counts))


def fit(texts: Sequence[str], dimensions: int = DIMENSIONS) -> tuple[TextModel, NDArray[np.float32]]:
    """The model and the texts' own unit vectors, one row each; equal texts, equal model."""
    documents = [Counter(words(text)) for text in texts]
    frequency = Counter(term for document in documents for term in document)
    terms = {term: index for index, term in enumerate(sorted(frequency))}
    idf = np.array([math.log((1 + len(texts)) / (1 + frequency[term])) + 1.0 for term in terms])
    matrix = _weights(documents, terms, idf)
    # BLAS threads that wait for a busy core spin: on a loaded machine one thread is ten times faster
    with threadpool_limits(1, "blas"):
        basis = _right_singular_vectors(matrix, min(dimensions, min(matrix.shape) - 1))
    model = TextModel(terms, np.ascontiguousarray(basis * idf[:, None], dtype=np.float32))
    meanings = (matrix @ basis).astype(np.float32)
    vectors = [
        _joined(meaning, _hashed(document)) for meaning, document in zip(meanings, documents, strict=True)
    ]
    return model, np.stack(vectors)


def unit(vector: Vector) -> Vector:
    norm = math.sqrt(float(vector @ vector))
    return vector if norm == 0.0 else (vector / norm).astype(np.float32)


def _joined(meaning: Vector, spelling: Vector) -> Vector:
    return unit(np.concatenate([unit(meaning) * _MEANING_SHARE**0.5, spelling * (1 - _MEANING_SHARE) ** 0.5]))


def _hashed(counts: Mapping[str, int]) -> Vector:
    """Words thrown into a few signed bins; the same bins in every process, unlike Python's own hash."""
    bins = np.zeros(_HASH_BINS, dtype=np.float32)
    for term, count in counts.items():
        code = zlib.crc32(term.encode())
        bins[code % _HASH_BINS] += (1.0 + math.log(count)) * (1.0 if code & 0x10000 else -1.0)
    return unit(bins)


def _right_singular_vectors(matrix: sparse.csr_array, count: int) -> NDArray[np.float64]:
    """Shape (terms, count), by subspace iteration from a seeded start (Halko, Martinsson and Tropp, 2011)."""
    width = min(count + _OVERSAMPLING, min(matrix.shape))
    block = np.linalg.qr(matrix @ np.random.default_rng(7).standard_normal((matrix.shape[1], width))).Q
    for _ in range(_POWER_STEPS):
        block = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ block).Q).Q
    right = np.linalg.svd((matrix.T @ block).T, full_matrices=False).Vh
    return np.asarray(right[:count].T, dtype=np.float64)


def _weights(
    documents: Sequence[Counter[str]], terms: dict[str, int], idf: NDArray[np.float64]
) -> sparse.csr_array:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for document in documents:
        row = [(terms[term], (1.0 + math.log(count)) * idf[terms[term]]) for term, count in document.items()]
        norm = math.sqrt(sum(weight * weight for _, weight in row)) or 1.0
        columns.extend(column for column, _ in row)
        data.extend(weight / norm for _, weight in row)
        starts.append(len(data))
    return sparse.csr_array((data, columns, starts), shape=(len(documents), len(terms)))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
