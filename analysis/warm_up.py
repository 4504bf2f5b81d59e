"""How long a warm-up a load profile needs, from several runs of an unchanged service."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.interval import student
from analysis.latency_course import LatencyCourse
from analysis.mser import mser_cut

LEAST_RUNS = 5
"""Fewer do not show whether a change at the start comes in every run."""

ALPHA = 0.005
"""One-sided, for a start that differs by chance."""

LEAST_SHIFT = 0.025
"""A start that differs by less moves a mean over the run by far less than any margin."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What a load profile leaves out, and what MSER-5 would leave out of the mean course of its runs."""

    warm_up_s: float
    needed_s: float
    """The warm-up itself when it is enough."""
    runs: int
    shift: float
    """By how much latencies between the two differ from later ones, as a ratio less one; else 0."""

    @property
    def enough(self) -> bool:
        return self.needed_s <= self.warm_up_s


def warm_up_of(courses: Sequence[LatencyCourse]) -> WarmUp | None:
    """MSER-5 on the mean of the runs' courses, as Welch's procedure has it; None for too few or unequal runs.

    MSER-5 cuts steady series too when neighbouring batches are alike, so a longer warm-up is asked for only
    when what it cuts beyond the warm-up differs from the rest in the same way from run to run.
    """
    if len(courses) < LEAST_RUNS or len({(course.batch_s, course.warm_up) for course in courses}) > 1:
        return None
    first = courses[0]
    length = min(len(course.levels) for course in courses)
    if length < 2 * max(1, first.warm_up):  # MSER-5 cuts half of it at most
        return None
    table = np.vstack([course.levels[:length] for course in courses])
    cut = mser_cut(table.mean(axis=0))
    enough = WarmUp(first.warm_up_s, first.warm_up_s, len(courses), 0.0)
    if cut <= first.warm_up:
        return enough
    shifts = table[:, first.warm_up : cut].mean(axis=1) - table[:, cut:].mean(axis=1)
    mean = float(shifts.mean())
    half = student(1 - ALPHA, len(shifts) - 1) * float(shifts.std(ddof=1)) / math.sqrt(len(shifts))
    if abs(mean) <= half or abs(math.expm1(mean)) <= LEAST_SHIFT:
        return enough
    return WarmUp(first.warm_up_s, cut * first.batch_s, len(courses), math.expm1(mean))
