"""The semantic cache."""

import numpy as np

from scripts.service.cache import SemanticCache
from scripts.service.embedding import Vector, unit


def vector(*values: float) -> Vector:
    return unit(np.array(values, dtype=np.float32))


def test_a_nearly_equal_vector_is_a_hit_and_another_is_not() -> None:
    cache = SemanticCache[str](4, 0.98)
    cache.put(vector(1, 0, 0), "key", "answer")

    assert cache.get(vector(1, 0.05, 0), "key") == "answer"
    assert cache.get(vector(1, 0.5, 0), "key") is None
    assert (cache.hits, cache.misses) == (1, 1)


def test_an_entry_answers_only_for_its_own_key() -> None:
    cache = SemanticCache[str](4, 0.98)
    cache.put(vector(1, 0), (4, None), "long")
    cache.put(vector(1, 0), (4, 10), "short")

    assert cache.get(vector(1, 0), (4, None)) == "long"
    assert cache.get(vector(1, 0), (4, 10)) == "short"
    assert cache.get(vector(1, 0), (2, None)) is None


def test_the_least_recently_used_entry_makes_room() -> None:
    cache = SemanticCache[int](2, 0.98)
    first, second, third = vector(1, 0, 0), vector(0, 1, 0), vector(0, 0, 1)
    cache.put(first, "key", 1)
    cache.put(second, "key", 2)
    assert cache.get(first, "key") == 1

    cache.put(third, "key", 3)

    assert [cache.get(each, "key") for each in (first, second, third)] == [1, None, 3]
    assert len(cache) == 2


def test_storing_the_same_meaning_again_replaces_it() -> None:
    cache = SemanticCache[int](4, 0.98)
    cache.put(vector(1, 0), "key", 1)
    cache.put(vector(1, 0.01), "key", 2)

    assert len(cache) == 1
    assert cache.get(vector(1, 0), "key") == 2


def test_a_vector_of_zeros_is_never_kept() -> None:
    cache = SemanticCache[int](4, 0.98)
    cache.put(vector(0, 0), "key", 1)

    assert len(cache) == 0
    assert cache.get(vector(0, 0), "key") is None


def test_many_random_entries_agree_with_a_plain_list() -> None:
    """The bounded matrix against the obvious implementation, over puts and gets in random order."""
    draw = np.random.default_rng(3)
    points = [unit(draw.standard_normal(16).astype(np.float32)) for _ in range(40)]
    cache, plain = SemanticCache[int](8, 0.9), dict[int, int]()
    for step in range(2000):
        index = int(draw.integers(len(points)))
        if draw.random() < 0.5:
            cache.put(points[index], "key", step)
            plain.pop(index, None)
            plain[index] = step
            while len(plain) > 8:
                del plain[next(iter(plain))]
        else:
            assert cache.get(points[index], "key") == plain.get(index)
            if index in plain:
                plain[index] = plain.pop(index)
