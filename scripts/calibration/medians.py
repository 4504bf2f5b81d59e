"""Medians of rounds."""

from collections.abc import Mapping, Sequence
from statistics import median


def medians(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each name."""
    return {name: median(value[name] for value in values) for name in values[0]}


def optional_median(values: Sequence[float | None]) -> float | None:
    """Of those that are there."""
    there = [value for value in values if value is not None]
    return median(there) if there else None
