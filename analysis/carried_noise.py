"""What pairs of the same version and earlier weeks add to the noise block of a new baseline."""

import math
from dataclasses import replace

from analysis.aa_noise import AaNoise, pooled
from analysis.baseline import Baseline
from analysis.baseline_noise import with_aa_noise
from analysis.baseline_parts import GateHealth
from analysis.history_series import HistorySegment, HistorySeries
from analysis.noise import Spread
from analysis.session import SessionNoise

LEAST_WEEKS = 5
"""Fewer know too little of how much weeks differ: the interval would be wider than any margin."""


def with_pairs(baseline: Baseline, aa: AaNoise | None, earlier: Baseline | None) -> Baseline:
    """With the pairs' deviations, pooled with those that an `earlier` baseline of the same setting holds.

    Unchanged when there are no pairs at all.
    """
    known = [] if aa is None else [aa]
    if earlier is not None and not earlier.setting.differing_from(baseline.setting):
        known += _pairs_of(earlier)
    if not known:
        return baseline
    return with_aa_noise(baseline, pooled(known))


def with_weeks(baseline: Baseline, segment: HistorySegment) -> Baseline:
    """With the deviation between weeks as that between sessions, where the runs are of one session only."""
    by_name = {series.name: series for series in segment.series}
    noise = {}
    for name, own in baseline.noise.items():
        found = session_noise(by_name[name]) if own.session is None and name in by_name else None
        noise[name] = own if found is None else replace(own, s_session=found.deviation, session_df=found.df)
    return replace(baseline, noise=noise).sealed()


def session_noise(series: HistorySeries) -> SessionNoise | None:
    """How much weeks differ around their level, beyond what the mean of each one's runs scatters.

    The component of variance between weeks, not below 0; None for fewer weeks than LEAST_WEEKS.
    """
    df = len(series.rows) - 1 - len(series.changes)
    if series.deviation is None or df < LEAST_WEEKS - 1:
        return None
    within = math.fsum(row.figures[series.name].deviation ** 2 / row.runs for row in series.rows)
    variance = series.deviation**2 - within / len(series.rows)
    return SessionNoise(math.sqrt(max(0.0, variance)), df)


def _pairs_of(earlier: Baseline) -> list[AaNoise]:
    figures = {
        name: Spread(noise.s_pair_aa, noise.aa_df, floored=False)
        for name, noise in earlier.noise.items()
        if noise.s_pair_aa is not None and noise.aa_df is not None
    }
    if not figures:
        return []
    health = earlier.gate_health or GateHealth(0, 0)
    return [AaNoise(figures, 0, health.aa_gates, health.aa_false_regressions)]
