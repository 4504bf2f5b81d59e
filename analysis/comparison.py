"""Runs against the stored runs of a baseline, metric by metric: the screen of a stored baseline."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.gate import COMPARED, GateRules, too_few
from analysis.metric import Direction, metric_named
from analysis.noise import binomial_floor, default_floor
from analysis.result import ComparisonRow, Outcome
from analysis.run_summary import RunSummary, Summary
from analysis.screen import Limits, Screening, outcomes, screen

NOT_COMPARED = frozenset({"send_lag", "wake_lag", "loop_lag", "sent", "ok", "failed", "dropped"})
"""The generator's own health, and counts that the rates and ratios already hold."""


def compare(
    baseline: Sequence[RunSummary],
    candidate: Sequence[RunSummary],
    rules: GateRules,
    floors: Mapping[str, float],
) -> tuple[ComparisonRow, ...]:
    """Rows for every compared statistic that either side has; gated ones first.

    `floors` maps `endpoint.metric.statistic` to the least run-to-run deviation that is believed; what it
    lacks has the default. The margins are twice those of a paired comparison, as a stored baseline also
    differs by the session in which it was recorded.
    """
    pairs = [_pair(key, statistic, baseline, candidate, rules, floors)
             for key, statistic in _statistics((*baseline, *candidate))]  # fmt: skip
    family = [pair for pair in pairs if pair.gated and pair.screening is not None]
    found = dict(
        zip((p.name for p in family), outcomes([p.screening for p in family if p.screening]), strict=True)
    )
    rows = [_row(pair, found.get(pair.name), max(1, len(family))) for pair in pairs]
    return tuple(sorted(rows, key=lambda row: (not row.gated, row.endpoint, row.metric, row.statistic)))


def overall(rows: Sequence[ComparisonRow]) -> Outcome:
    """REGRESSION when one gated row says so, PASS or IMPROVEMENT when all of them do, else INCONCLUSIVE."""
    gated = [row.outcome for row in rows if row.gated]
    if Outcome.REGRESSION in gated:
        return Outcome.REGRESSION
    if not gated or Outcome.INCONCLUSIVE in gated:
        return Outcome.INCONCLUSIVE
    return Outcome.IMPROVEMENT if Outcome.IMPROVEMENT in gated else Outcome.PASS


@dataclass(frozen=True, slots=True)
class _Pair:
    endpoint: str
    metric: str
    statistic: str
    margin: float
    baseline: float | None
    candidate: float | None
    screening: Screening | None
    primary: bool
    gated: bool
    reason: str | None

    @property
    def name(self) -> str:
        return f"{self.endpoint}.{self.metric}.{self.statistic}"

    @property
    def direction(self) -> Direction:
        return metric_named(self.metric).direction


def _statistics(runs: Sequence[RunSummary]) -> Iterator[tuple[str, str]]:
    for key in sorted({key for run in runs for key in run.series}):
        if key.partition(".")[2] in NOT_COMPARED:
            continue
        for statistic in (*COMPARED, "rate", "ratio"):
            if any(key in run.series and statistic in run.series[key].values for run in runs):
                yield key, statistic


def _pair(
    key: str,
    statistic: str,
    baseline: Sequence[RunSummary],
    candidate: Sequence[RunSummary],
    rules: GateRules,
    floors: Mapping[str, float],
) -> _Pair:
    endpoint, _, metric = key.partition(".")
    primary = rules.is_primary(endpoint, metric, statistic)
    arms = [_present(key, statistic, runs) for runs in (baseline, candidate)]
    old, new = (_centre(statistic, arm) for arm in arms)
    margin = rules.margin_beside(endpoint, metric, statistic, old)
    missing = [
        name for name, arm, runs in zip(("baseline", "candidate"), arms, (baseline, candidate), strict=True)
        if len(arm) < len(runs)
    ]  # fmt: skip
    few = [
        f"{name}: {why}" for name, arm in zip(("baseline", "candidate"), arms, strict=True)
        if arm and (why := too_few(statistic, arm, margin))
    ]  # fmt: skip
    if missing or len(arms[0]) < 2:
        reason = f"no value in every run of the {' and the '.join(missing or ['baseline'])}"
        # A metric that the baseline could decide about and the candidate lost must not pass unseen.
        lost = missing == ["candidate"] and not few and statistic != "p99"
        return _Pair(endpoint, metric, statistic, margin, old, new, None, primary, primary and lost, reason)
    floor = floors.get(f"{key}.{statistic}", default_floor(metric, statistic))
    screening = _screening(metric, statistic, arms[0], arms[1], margin, floor)
    if screening is None:
        reason = "a value of 0 has no ratio to another"
        return _Pair(endpoint, metric, statistic, margin, old, new, None, primary, primary, reason)
    # Errors in too few requests prove no PASS, yet they can prove a regression.
    proven = statistic == "ratio" and screening.low > screening.limits.worse
    gated = primary and (not few or proven)
    why_not = "; ".join(few) or None
    return _Pair(endpoint, metric, statistic, margin, old, new, screening, primary, gated, why_not)


def _screening(
    metric: str,
    statistic: str,
    baseline: Sequence[Summary],
    candidate: Sequence[Summary],
    margin: float,
    floor: float,
) -> Screening | None:
    """None when a logarithm is wanted of a value that is not positive."""
    sign = 1.0 if metric_named(metric).direction is Direction.LOWER else -1.0
    old, new = ([arm.values[statistic] for arm in side] for side in (baseline, candidate))
    if statistic == "ratio":
        both = (*baseline, *candidate)
        requests = sum(arm.count for arm in both)
        bad = sum(
            round((v if sign > 0 else 1 - v) * arm.count) for v, arm in zip((*old, *new), both, strict=True)
        )
        floor = max(floor, binomial_floor(bad, requests, requests / len(both)))
        limits = Limits(worse=margin, better=-margin)
    elif min(*old, *new) <= 0:
        return None
    else:
        old, new = [math.log(value) for value in old], [math.log(value) for value in new]
        limits = Limits(worse=_worse(margin, sign), better=-math.log1p(margin))
    return screen([sign * v for v in old], [sign * v for v in new], floor=floor, limits=limits)


def _worse(margin: float, sign: float) -> float:
    """A rise of a time and a drop of a rate by the margin; a rate cannot drop by more than all of it."""
    if sign > 0:
        return math.log1p(margin)
    return math.inf if margin >= 1 else -math.log1p(-margin)


def _row(pair: _Pair, outcome: Outcome | None, family: int) -> ComparisonRow:
    change = low = high = smallest = None
    reason = pair.reason
    screening = pair.screening
    if screening is not None:
        alone = outcomes([screening])[0]
        change, low, high, smallest = (
            _change(pair, value)
            for value in (
                screening.difference, screening.low, screening.high,
                screening.smallest_effect(family if pair.gated else 1),
            )
        )  # fmt: skip
        if low > high:
            low, high = high, low
        if outcome is Outcome.INCONCLUSIVE and alone is Outcome.REGRESSION:
            reason = f"above the margin on its own, but not surely enough among {family} gated metrics (Holm)"
        outcome = outcome or alone
    return ComparisonRow(
        endpoint=pair.endpoint,
        metric=pair.metric,
        statistic=pair.statistic,
        unit=metric_named(pair.metric).unit,
        direction=pair.direction.value,
        baseline=pair.baseline,
        candidate=pair.candidate,
        change=change,
        low=low,
        high=high,
        margin=pair.margin,
        outcome=outcome or Outcome.INCONCLUSIVE,
        gated=pair.gated,
        smallest_effect=smallest,
        reason=reason,
        primary=pair.primary,
    )


def on_scale(statistic: str, value: float) -> float:
    """Ratios are compared as they are, everything else by its logarithm."""
    return value if statistic == "ratio" else math.log(value)


def _change(pair: _Pair, worse: float) -> float:
    """From "positive is worse" on the scale of the test to the change of the value itself."""
    signed = worse if pair.direction is Direction.LOWER else -worse
    return signed if pair.statistic == "ratio" else math.expm1(signed)


def _present(key: str, statistic: str, runs: Sequence[RunSummary]) -> list[Summary]:
    found = (run.series.get(key) for run in runs)
    return [summary for summary in found if summary is not None and statistic in summary.values]


def _centre(statistic: str, arm: Sequence[Summary]) -> float | None:
    """The mean on the scale of the test: a geometric one for times and rates."""
    values = [summary.values[statistic] for summary in arm]
    if not values:
        return None
    if len(values) == 1:
        return values[0]
    if statistic == "ratio" or min(values) <= 0:
        return math.fsum(values) / len(values)
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))
