"""Courses of latencies with known noise: what a load profile of 30 s of warm-up and 2 min leaves."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from analysis.latency_course import LatencyCourse

Floats = npt.NDArray[np.float64]

STEADY_S, WARM_UP_S = 120, 30


def courses(
    count: int,
    *,
    phi: float = 0.0,
    deviation: float = 0.1,
    shape: Callable[[Floats], Floats] = np.zeros_like,
    warm_up_s: int = WARM_UP_S,
    steady_s: int = STEADY_S,
    seed: int = 1,
) -> Iterator[LatencyCourse]:
    """Of a first-order process from second to second, beside the `shape` of the logarithm of the latency."""
    random = np.random.default_rng(seed)
    seconds = warm_up_s + steady_s
    level = random.normal(0.0, deviation, count)
    noise = np.empty((seconds, count))
    for second, shock in enumerate(random.normal(0.0, deviation * math.sqrt(1 - phi**2), (seconds, count))):
        noise[second] = level
        level = phi * level + shock
    logs = noise.T + shape(np.arange(0.5, seconds))
    for levels in logs.reshape(count, -1, 5).mean(axis=2):
        yield LatencyCourse(levels, 5.0, warm_up_s // 5)


def decaying(tau_s: float) -> Callable[[Floats], Floats]:
    """Twice the latency at the start, which it loses with this time constant."""
    return lambda seconds: np.log1p(np.exp(-seconds / tau_s))


def climbing(by: float) -> Callable[[Floats], Floats]:
    """A latency that grows evenly from the warm-up to the end."""
    return lambda seconds: np.log1p(by * np.clip(seconds - WARM_UP_S, 0.0, None) / STEADY_S)
