"""Before a run: how likely an unchanged service passes, given what the baseline knows of its noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from analysis.arms import Arms, all_arms
from analysis.baseline import Baseline
from analysis.comparison import counting_floor, limits_of, overall
from analysis.gate import GateRules, first_eight, too_coarse, too_few
from analysis.interval import student
from analysis.noise import default_floor, floored, usual_session
from analysis.plural import plural
from analysis.result import Comparison, Outcome
from analysis.run_summary import RunSummary
from analysis.screen import ALPHA, combined
from analysis.session import believed, between_sessions, grouped, in_order, session_sizes, within_sessions

ENOUGH = 0.95
"""Chance to pass from which more runs are not worth their time."""

_TRIED = (1, 2, 3, 5, 8, 12, 20)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One gated metric of a comparison that is still to be made."""

    name: str
    chance: float
    """That it passes if the service has not changed."""


def forecast(baseline: Baseline, rules: GateRules, runs: int) -> tuple[Forecast, ...]:
    """What a comparison of so many new runs would gate, the least likely to pass first."""
    stored = in_order(baseline.summaries())
    able = [arms for arms in all_arms(stored, (), rules) if not arms.lacking]
    queue = []
    for arms in able:
        rank = rules.rank(arms.endpoint, arms.metric, arms.statistic)
        if rank is not None:
            queue.append((rank, arms.name, _can_decide(arms, rules, runs)))
    primary = first_eight(queue) & {name for _, name, can in queue if can}
    found = [
        Forecast(arms.name, chance)
        for arms in able
        if arms.name in primary and (chance := _chance(arms, baseline, rules, stored, runs)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.chance, one.name)))


def chance_of_all(forecasts: Sequence[Forecast]) -> float:
    """That all of them pass: at least this, as metrics of one run move together; 0 when nothing is gated."""
    return math.prod(one.chance for one in forecasts) if forecasts else 0.0


def runs_enough(baseline: Baseline, rules: GateRules, more_than: int) -> tuple[int, float] | None:
    """A number of runs with which an unchanged service passes nearly always, and how often that is."""
    for runs in (number for number in _TRIED if number > more_than):
        chance = chance_of_all(forecast(baseline, rules, runs))
        if chance >= ENOUGH:
            return runs, chance
    return None


def runs_wanted(comparison: Comparison, baseline: Baseline, rules: GateRules) -> tuple[str, ...]:
    """A sentence on how many runs would do, where noise left a comparison open."""
    if not comparison.comparable or overall(comparison.rows) is not Outcome.INCONCLUSIVE:
        return ()
    enough = runs_enough(baseline, rules, comparison.candidate_runs)
    if enough is None:
        return ()
    runs, chance = enough
    return (f"with {plural(runs, 'run')} an unchanged service passes with a chance of {percent(chance)}",)


def percent(chance: float) -> str:
    """Never 0 or 100: nothing of this is certain."""
    return f"{min(99, max(1, round(100 * chance)))} %"


def pass_probability(limit: float, standard_error: float, df: float) -> float:
    """That an interval of an unchanged metric ends below the limit: (d - limit)/s < -t, a noncentral t."""
    if math.isinf(limit):
        return 1.0
    return 1.0 - float(special.nctdtr(df, limit / standard_error, student(1 - ALPHA, df)))


def _can_decide(arms: Arms, rules: GateRules, runs: int) -> bool:
    """New runs are taken to rest on as much as the least of the stored ones."""
    old, _ = arms.centres()
    margin = rules.margin_beside(arms.endpoint, arms.metric, arms.statistic, old)
    fewest = min(arms.baseline, key=lambda summary: summary.count)
    sides = (arms.baseline, (fewest,) * runs)
    return not too_coarse(arms.metric, old, margin) and not any(
        too_few(arms.statistic, side, margin) for side in sides
    )


def _chance(
    arms: Arms, baseline: Baseline, rules: GateRules, stored: Sequence[RunSummary], runs: int
) -> float | None:
    scaled = arms.scaled()
    if scaled is None:
        return None
    old, _ = arms.centres()
    margin = rules.margin_beside(arms.endpoint, arms.metric, arms.statistic, old)
    sign = rules.direction(arms.metric).sign
    limit = limits_of(arms.statistic, margin, sign).worse
    groups = grouped(scaled[0], session_sizes(stored))
    session = between_sessions(groups) or baseline.carried().get(arms.name)
    if session is not None:
        session = believed(session, usual_session(arms.statistic))
    deviation, df = within_sessions(groups if session is not None or len(groups) == 1 else [scaled[0]])
    floor = baseline.floors().get(arms.name, default_floor(arms.metric, arms.statistic))
    if arms.statistic == "ratio":
        floor = max(floor, counting_floor(arms, sign))
    spread = floored(deviation, df + runs - 1, floor)
    terms = [(spread.deviation**2 * (1 / len(scaled[0]) + 1 / runs), spread.df)]
    if session is not None:
        terms.append((session.deviation**2 * (1 + 1 / len(groups)), session.df))
    return pass_probability(limit, *combined(terms))
