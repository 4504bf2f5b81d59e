"""Pairs of runs, an old version's and a new one's, metric by metric: the comparison that decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scipy import special

from analysis.arms import Arms
from analysis.comparison import limits_of
from analysis.comparison_row import apart, comparison_row, gated_first, not_sure_among
from analysis.gate import CROWDED_OUT, GateRules, Rank, first_eight, too_coarse, too_few
from analysis.interval import student
from analysis.metric import Direction
from analysis.multiplicity import benjamini_hochberg, holm
from analysis.noise import Spread
from analysis.pair import Pair, differences, paired_arms
from analysis.pair_noise import pair_spread
from analysis.result import ComparisonRow, Outcome
from analysis.screen import Limits
from analysis.two_groups import two_groups

POWER = 0.95
"""`smallest_effect` is found with this probability."""


def compare_pairs(
    pairs: Sequence[Pair],
    rules: GateRules,
    floors: Mapping[str, Spread | float],
    *,
    alpha: float,
    final_pairs: int | None = None,
) -> tuple[ComparisonRow, ...]:
    """Rows for every compared statistic that either arm has; gated ones first. Wants two pairs or more.

    A paired t on the difference of logarithms (of ratios: on the plain difference), with `alpha` beyond each
    end of the interval. REGRESSION when the interval lies above the margin and Holm's procedure over the
    gated metrics agrees (over the rest, which decides nothing, Benjamini and Hochberg's); PASS when all of it
    lies below; else INCONCLUSIVE, with the smallest effect that would have been found.

    `floors` maps `endpoint.metric.statistic` to the least deviation of a pair's difference that is believed:
    a Spread brings the degrees of freedom of the calibration that it is from, a bare number counts for
    those of a full one, and a floor by default brings none of its own.

    A percentile that rests on too few observations now, but will not after `final_pairs`, is gated already
    and INCONCLUSIVE, so that nobody decides without it.
    """
    if len(pairs) < 2:
        raise ValueError(f"needs at least 2 pairs, found {len(pairs)}")
    times = math.ceil(max(len(pairs), final_pairs or 0) / len(pairs))
    rules = replace(rules, paired=True)
    found = [_test(arms, rules, floors, alpha, times) for arms in paired_arms(pairs, rules)]
    primary = first_eight((test.rank, test.name, test.gated) for test in found if test.rank is not None)
    found = [test if test.name in primary else _only_shown(test) for test in found]
    family = [test for test in found if test.decides]
    rest = [test for test in found if test.standard_error is not None and not test.gated]
    adjusted = {
        **dict(zip((t.name for t in family), holm([t.p_regression for t in family]), strict=True)),
        **dict(zip((t.name for t in rest), benjamini_hochberg([t.p_regression for t in rest]), strict=True)),
    }
    rows = [_row(test, alpha, adjusted.get(test.name), max(1, len(family))) for test in found]
    return gated_first(rows)


@dataclass(frozen=True, slots=True)
class _Test:
    """`mean` and its standard error are positive where the candidate is worse."""

    arms: Arms
    direction: Direction
    limits: Limits
    margin: float
    rank: Rank | None
    gated: bool
    reason: str | None
    mean: float = 0.0
    standard_error: float | None = None
    df: float = 0.0
    pending: bool = False
    """Gated, but on too few observations so far."""
    doubt: str | None = None
    """Why neither the mean nor its interval says enough."""

    @property
    def name(self) -> str:
        return self.arms.name

    @property
    def decides(self) -> bool:
        return self.gated and self.standard_error is not None and not self.pending

    @property
    def p_regression(self) -> float:
        """Probability of a mean this far above the margin if the true one were at the margin."""
        return float(special.stdtr(self.df, (self.limits.worse - self.mean) / (self.standard_error or 1.0)))

    def half(self, alpha: float) -> float:
        """Of the interval's width."""
        return student(1 - alpha, self.df) * (self.standard_error or 0.0)


def _test(
    arms: Arms, rules: GateRules, floors: Mapping[str, Spread | float], alpha: float, times: int
) -> _Test:
    """`times` as many pairs as now there will be in the end."""
    endpoint, metric, statistic = arms.endpoint, arms.metric, arms.statistic
    rank = rules.rank(endpoint, metric, statistic)
    old, new = arms.centres()
    margin = rules.margin_beside(endpoint, metric, statistic, old)
    direction = rules.direction(metric)
    sign = direction.sign
    limits = limits_of(statistic, margin, sign)
    bare = _Test(arms, direction, limits, margin, rank, gated=rank is not None, reason=None)
    few = [f"{side}: {why}" for side, arm in arms.sides if arm and (why := too_few(statistic, arm, margin))]
    hopeless = any(arm and too_few(statistic, arm * times, margin) for _, arm in arms.sides)
    if coarse := too_coarse(metric, old if old is not None else new, margin):
        few, hopeless = [*few, coarse], True
    if arms.lacking:
        return replace(bare, gated=bare.gated and arms.is_lost(few), reason=arms.gap)
    found = differences(arms)
    if found is None:
        return replace(bare, reason="a value of 0 has no ratio to another")
    worse = [sign * difference for difference in found]
    spread = pair_spread(arms, worse, floors.get(arms.name), sign)
    test = replace(
        bare,
        mean=math.fsum(worse) / len(worse),
        standard_error=spread.deviation / math.sqrt(len(worse)),
        df=spread.df,
        doubt=None if min(worse) > limits.worse else _doubt(statistic, worse, limits),
    )
    # Errors in too few requests prove no PASS, yet they can prove a regression.
    if not few or (statistic == "ratio" and test.mean - test.half(alpha) > limits.worse):
        return test
    return replace(test, gated=test.gated and not hopeless, pending=not hopeless, reason="; ".join(few))


def _doubt(statistic: str, worse: Sequence[float], limits: Limits) -> str | None:
    """Pairs of two kinds have no mean that stands for them."""
    groups = two_groups(worse, limits.worse)
    if groups is None:
        return None
    return f"the pairs fall into two groups, {apart(statistic, groups)}: find out what switches between them"


def _only_shown(test: _Test) -> _Test:
    if test.rank is None:
        return test
    return replace(test, rank=None, gated=False, pending=False, reason=CROWDED_OUT)


def _row(test: _Test, alpha: float, adjusted: float | None, family: int) -> ComparisonRow:
    outcome, reason, worse = Outcome.INCONCLUSIVE, test.reason, None
    if test.standard_error is not None:
        half = test.half(alpha)
        outcome = _outcome(test, half, agreed=adjusted is not None and adjusted <= alpha)
        beyond = test.mean - half > test.limits.worse
        if test.doubt is not None:
            reason = test.doubt
        elif outcome is Outcome.INCONCLUSIVE and beyond and not test.pending:
            reason = not_sure_among(family, gated=test.gated)
        share = alpha / family if test.gated else alpha
        reach = student(1 - share, test.df) + student(POWER, test.df)
        smallest = test.limits.worse + reach * test.standard_error
        worse = test.mean, test.mean - half, test.mean + half, smallest
    return comparison_row(
        test.arms,
        test.direction,
        worse,
        margin=test.margin,
        outcome=outcome,
        gated=test.gated,
        primary=test.rank is not None,
        reason=reason,
        adjusted_p=adjusted,
    )


def _outcome(test: _Test, half: float, *, agreed: bool) -> Outcome:
    if test.pending or test.doubt is not None:
        return Outcome.INCONCLUSIVE
    if test.mean - half > test.limits.worse:
        return Outcome.REGRESSION if agreed else Outcome.INCONCLUSIVE
    if test.mean + half < test.limits.better:
        return Outcome.IMPROVEMENT
    return Outcome.PASS if test.mean + half < test.limits.worse else Outcome.INCONCLUSIVE
