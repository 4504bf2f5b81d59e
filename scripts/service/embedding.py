"""Turns text into unit vectors: TF-IDF reduced by a truncated SVD of the service's own passages."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

Vector = NDArray[np.float32]

DIMENSIONS = 256
_OVERSAMPLING = 24
_POWER_STEPS = 3
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
        """A unit vector, or all zeros when the text says nothing that is known."""
        ...


def words(text: str) -> list[str]:
    """Lower-case terms without stop words; a plural counts as its singular."""
    return [_singular(word) for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS]


@dataclass(frozen=True, slots=True)
class TextModel:
    """`basis` has one row per term, already multiplied by the term's inverse document frequency."""

    terms: dict[str, int]
    basis: NDArray[np.float32]

    def vector(self, text: str) -> Vector:
        counts = Counter(index for word in words(text) if (index := self.terms.get(word)) is not None)
        if not counts:
            return np.zeros(self.basis.shape[1], dtype=np.float32)
        weights = np.array([1.0 + math.log(count) for count in counts.values()], dtype=np.float32)
        return unit(weights @ self.basis[list(counts)])


def fit(texts: Sequence[str], dimensions: int = DIMENSIONS) -> tuple[TextModel, NDArray[np.float32]]:
    """The model and the texts' own unit vectors, shape (texts, dimensions); equal texts, equal model."""
    documents = [Counter(words(text)) for text in texts]
    frequency = Counter(term for document in documents for term in document)
    terms = {term: index for index, term in enumerate(sorted(frequency))}
    idf = np.array([math.log((1 + len(texts)) / (1 + frequency[term])) + 1.0 for term in terms])
    matrix = _weights(documents, terms, idf)
    basis = _right_singular_vectors(matrix, min(dimensions, min(matrix.shape) - 1))
    vectors = matrix @ basis
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    model = TextModel(terms, np.ascontiguousarray(basis * idf[:, None], dtype=np.float32))
    return model, np.ascontiguousarray(vectors / norms, dtype=np.float32)


def unit(vector: Vector) -> Vector:
    norm = float(np.linalg.norm(vector))
    return vector if norm == 0.0 else (vector / norm).astype(np.float32)


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
