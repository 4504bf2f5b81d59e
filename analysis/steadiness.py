"""Whether a run was steady where it was measured, or was still warming up, or was drifting away."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.latency_course import LatencyCourse
from analysis.metric import Direction
from analysis.mser import mser_cut
from analysis.result import Check, ComparisonRow, Outcome

STEADY = "steady"
"""Name of the check."""

LEAST_BATCHES = 18
"""In fewer, noise that is 0.9 correlated from second to second looks like a drift too often."""

LEAST_SHIFT = 0.05
"""Half of the margin of most times: a stretch that differs by less spoils no verdict."""

SURE = 7.0
"""Standard errors. MSER-5 chose the stretch because it differs, and correlated noise differs by itself: at
most 1 % of runs of 90 to 660 s without a drift, correlated by up to 0.9 a second, come so far."""

_WARM_UPS = 2
"""A cut of up to so many warm-ups is what MSER-5 makes of steady runs, too."""
_MOST_CORRELATED = 0.95

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steadiness:
    """What MSER-5 would cut, and how the part of it beyond the warm-up differs from what it would keep."""

    warm_up_s: float
    cut_s: float
    at_limit: bool
    """MSER-5 never cuts more than half of a run."""
    shift: float
    """Mean logarithm of the latency in that part, less that of the rest."""
    errors: float
    """The same in standard errors."""

    @property
    def steady(self) -> bool:
        late = self.cut_s > self.warm_up_s and (self.at_limit or self.cut_s > _WARM_UPS * self.warm_up_s)
        return not (late and abs(math.expm1(self.shift)) > LEAST_SHIFT and abs(self.errors) > SURE)


def steadiness(course: LatencyCourse) -> Steadiness | None:
    """None for a run that is too short to tell.

    Within both parts a straight line is taken off before their scatter and its correlation are estimated:
    else a drift would count as noise, and hide itself.
    """
    levels, warm_up = course.levels, course.warm_up
    count = len(levels)
    if count < LEAST_BATCHES:
        return None
    cut = mser_cut(levels)
    shift = errors = 0.0
    if cut > warm_up:
        before, after = levels[warm_up:cut], levels[cut:]
        shift = float(before.mean() - after.mean())
        errors = shift / max(_standard_error(before, after), 1e-12)
    return Steadiness(warm_up * course.batch_s, cut * course.batch_s, cut == count // 2, shift, errors)


def steady_check(course: LatencyCourse | None) -> Iterator[Check]:
    """A warning: the run's own figures stand, but a comparison cannot pass. None for loads that change."""
    if course is None:
        return
    found = steadiness(course)
    if found is None:
        needed_s = LEAST_BATCHES * course.batch_s
        text = f"whether the run was steady is seen from {needed_s:g} s of load on, warm-up included"
        yield Check(STEADY, True, None, None, text, invalidates=False)
        return
    value, limit = f"cut at {found.cut_s:g} s", f"<= {_WARM_UPS * found.warm_up_s:g} s"
    if found.steady:
        text = "latencies changed no more after the warm-up than they do by chance"
        yield Check(STEADY, True, value, None, text, invalidates=False)
        return
    how, then = ("longer", "make the warm-up longer") if found.shift > 0 else ("less", "they became slower")
    text = (
        f"not steady: between {found.warm_up_s:g} and {found.cut_s:g} s responses took "
        f"{100 * abs(math.expm1(found.shift)):.0f} % {how} than later: {then}"
    )
    yield Check(STEADY, False, value, limit, text, invalidates=False)


def doubted(rows: Sequence[ComparisonRow], shift: float) -> tuple[ComparisonRow, ...]:
    """Gated rows as a run that was not steady leaves them: INCONCLUSIVE, except for what it cannot explain.

    Failures do not depend on it. A regression stays one when it is beyond its margin by more than `shift`.
    """
    return tuple(
        replace(row, outcome=Outcome.INCONCLUSIVE, reason="the run was not steady")
        if row.gated and row.statistic != "ratio" and not _stands(row, abs(shift))
        else row
        for row in rows
    )


def _stands(row: ComparisonRow, shift: float) -> bool:
    if row.outcome is not Outcome.REGRESSION or row.low is None or row.high is None:
        return False
    if row.direction == Direction.LOWER:
        return math.log1p(row.low) - shift > math.log1p(row.margin)
    return -math.log1p(row.high) - shift > -math.log1p(-row.margin)


def _standard_error(before: Floats, after: Floats) -> float:
    """Of the difference of the two means, for noise of a first-order process."""
    count = len(before) + len(after)
    left = [_without_line(part) for part in (before, after)]
    squares = sum(float((part**2).sum()) for part in left)
    df = count - 4
    if squares <= 0 or df < 1:
        return 0.0 if df >= 1 else math.inf
    products = sum(float((part[1:] * part[:-1]).sum()) for part in left)
    r = products / squares
    r = min(max(r + (2 + 4 * r) / count, 0.0), _MOST_CORRELATED)  # estimates from few values are too low
    variance = squares / df * (1 + r) / (1 - r)
    return math.sqrt(variance * (1 / len(before) + 1 / len(after)))


def _without_line(values: Floats) -> Floats:
    level: Floats = values - values.mean()
    if len(values) < 3:
        return np.zeros(len(values))
    at = np.arange(len(values)) - (len(values) - 1) / 2
    left: Floats = level - at * float((at * level).sum()) / float((at**2).sum())
    return left
