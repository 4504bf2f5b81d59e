"""Runs against the stored runs of a baseline, metric by metric: the screen of a stored baseline."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.arms import Arms, all_arms
from analysis.comparison_row import apart, comparison_row, gated_first, not_sure_among
from analysis.gate import CROWDED_OUT, GateRules, first_eight, too_coarse, too_few
from analysis.metric import Direction
from analysis.multiplicity import benjamini_hochberg, holm
from analysis.noise import binomial_floor, default_floor, usual_session
from analysis.result import ComparisonRow, Outcome
from analysis.run_summary import RunSummary
from analysis.screen import Limits, Screening, adjusted_p, outcomes, screen
from analysis.session import SessionNoise, grouped, in_order, session_sizes
from analysis.two_groups import two_groups


def compare(
    baseline: Sequence[RunSummary],
    candidate: Sequence[RunSummary],
    rules: GateRules,
    floors: Mapping[str, float],
    carried: Mapping[str, SessionNoise] | None = None,
) -> tuple[ComparisonRow, ...]:
    """Rows for every compared statistic that either side has; gated ones first.

    `floors` maps `endpoint.metric.statistic` to the least run-to-run deviation that is believed; what it
    lacks has the default. `carried` says how much sessions differ, for a baseline of one session. The margins
    are twice those of a paired comparison, as a stored baseline also differs by the session in which it was
    recorded.
    """
    noise = _Noise(floors, session_sizes(baseline := in_order(baseline)), carried or {})
    pairs = [_pair(arms, rules, noise) for arms in all_arms(baseline, candidate, rules)]
    queue = [(pair.rank, pair.arms.name, pair.gated) for pair in pairs if pair.rank is not None]
    primary = first_eight(queue)
    pairs = [pair if pair.arms.name in primary else _only_shown(pair) for pair in pairs]
    judged = {
        **_judged([pair for pair in pairs if pair.gated], holm),
        **_judged([pair for pair in pairs if not pair.gated], benjamini_hochberg),
    }
    family = max(1, sum(pair.gated and pair.screening is not None for pair in pairs))
    rows = [_row(pair, judged.get(pair.arms.name), family if pair.gated else 1) for pair in pairs]
    return gated_first(rows)


def overall(rows: Sequence[ComparisonRow]) -> Outcome:
    """REGRESSION when one gated row says so, PASS or IMPROVEMENT when all of them do, else INCONCLUSIVE."""
    gated = [row.outcome for row in rows if row.gated]
    if Outcome.REGRESSION in gated:
        return Outcome.REGRESSION
    if not gated or Outcome.INCONCLUSIVE in gated:
        return Outcome.INCONCLUSIVE
    return Outcome.IMPROVEMENT if Outcome.IMPROVEMENT in gated else Outcome.PASS


@dataclass(frozen=True, slots=True)
class _Noise:
    """What is known of it besides the runs' own scatter."""

    floors: Mapping[str, float]
    sessions: tuple[int, ...]
    carried: Mapping[str, SessionNoise]


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known of one statistic before the others are looked at."""

    arms: Arms
    direction: Direction
    margin: float
    rank: tuple[int, float, str] | None
    gated: bool
    reason: str | None
    screening: Screening | None = None
    doubt: str | None = None
    """Why a PASS is not believed, and a REGRESSION only when it is `far_beyond`."""
    far_beyond: bool = False
    """The best new run is beyond the margin of the worst stored one."""


def _pair(arms: Arms, rules: GateRules, noise: _Noise) -> _Pair:
    endpoint, metric, statistic = arms.endpoint, arms.metric, arms.statistic
    rank = rules.rank(endpoint, metric, statistic)
    old, new = arms.centres()
    margin = rules.margin_beside(endpoint, metric, statistic, old)
    few = [f"{side}: {why}" for side, arm in arms.sides if arm and (why := too_few(statistic, arm, margin))]
    if coarse := too_coarse(metric, old if old is not None else new, margin):
        few.append(coarse)
    pair = _Pair(arms, rules.direction(metric), margin, rank, rank is not None, "; ".join(few) or None)
    if arms.lacking or len(arms.baseline) < 2:
        return replace(pair, gated=pair.gated and arms.is_lost(few), reason=arms.gap)
    scaled = arms.scaled()
    if scaled is None:
        return replace(pair, reason="a value of 0 has no ratio to another")
    sign = pair.direction.sign
    values = [[sign * value for value in side] for side in scaled]
    floor = noise.floors.get(arms.name, default_floor(metric, statistic))
    if statistic == "ratio":
        floor = max(floor, counting_floor(arms, sign))
    limits = limits_of(statistic, margin, sign)
    screening = screen(
        *values,
        floor=floor,
        limits=limits,
        sessions=noise.sessions,
        carried=noise.carried.get(arms.name),
        usual=usual_session(statistic),
    )
    # Errors in too few requests prove no PASS, yet they can prove a regression.
    proven = statistic == "ratio" and screening.low > screening.limits.worse
    return replace(
        pair,
        gated=pair.gated and (not few or proven),
        screening=screening,
        doubt=_doubt(arms, scaled, noise.sessions, limits),
        far_beyond=min(values[1]) - max(values[0]) > limits.worse,
    )


def _only_shown(pair: _Pair) -> _Pair:
    if pair.rank is None:
        return pair
    return replace(pair, rank=None, gated=False, reason=CROWDED_OUT)


def limits_of(statistic: str, margin: float, sign: float) -> Limits:
    """A rise of a time and a drop of a rate by the margin; a rate cannot drop by more than all of it."""
    if statistic == "ratio":
        return Limits(worse=margin, better=-margin)
    if sign > 0:
        return Limits(worse=math.log1p(margin), better=-math.log1p(margin))
    return Limits(worse=math.inf if margin >= 1 else -math.log1p(-margin), better=-math.log1p(margin))


def counting_floor(arms: Arms, sign: float) -> float:
    both = (*arms.baseline, *arms.candidate)
    requests = sum(summary.count for summary in both)
    bad = 0
    for summary in both:
        value = summary.values[arms.statistic]
        bad += round((value if sign > 0 else 1 - value) * summary.count)
    return binomial_floor(bad, requests, requests / len(both))


def _doubt(
    arms: Arms, scaled: tuple[list[float], list[float]], sessions: Sequence[int], limits: Limits
) -> str | None:
    """Sessions are looked at one by one: that they differ is known, and allowed for."""
    stored = [("stored", session) for session in grouped(scaled[0], sessions)]
    for side, values in (*stored, ("new", scaled[1])):
        groups = two_groups(values, limits.worse)
        if groups is not None:
            return (
                f"the {side} runs fall into two groups, {apart(arms.statistic, groups)}: find out what "
                "switches between them, then record and run again"
            )
    return None


def _judged(
    pairs: Sequence[_Pair], adjust: Callable[[Sequence[float]], list[float]]
) -> dict[str, tuple[Outcome, float]]:
    """Outcome and adjusted probability of those that can be screened."""
    names = [pair.arms.name for pair in pairs if pair.screening is not None]
    screenings = [pair.screening for pair in pairs if pair.screening is not None]
    adjusted = adjusted_p(screenings, adjust)
    return dict(zip(names, zip(outcomes(screenings, adjusted), adjusted, strict=True), strict=True))


def _row(pair: _Pair, judged: tuple[Outcome, float] | None, family: int) -> ComparisonRow:
    outcome, adjusted = judged or (Outcome.INCONCLUSIVE, None)
    reason, worse = pair.reason, None
    screening = pair.screening
    if screening is not None:
        worse = screening.difference, screening.low, screening.high, screening.smallest_effect(family)
        if outcome is Outcome.INCONCLUSIVE and screening.low > screening.limits.worse:
            reason = not_sure_among(family, gated=pair.gated)
            if screening.may_be_the_day:
                reason = (
                    "above the margin, but by no more than another day of the host may bring: decide with "
                    "`plimsoll ab`, or record baselines in several sessions"
                )
        if pair.doubt is not None and not (outcome is Outcome.REGRESSION and pair.far_beyond):
            outcome, reason = Outcome.INCONCLUSIVE, pair.doubt
    return comparison_row(
        pair.arms,
        pair.direction,
        worse,
        margin=pair.margin,
        outcome=outcome,
        gated=pair.gated,
        primary=pair.rank is not None,
        reason=reason,
        adjusted_p=adjusted,
    )
