"""The noise block of a baseline: how much its runs and sessions differ, and the floor under that."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.aa_noise import AaNoise
from analysis.arms import name_parts, on_scale, present
from analysis.baseline import Baseline
from analysis.baseline_parts import GateHealth, Noise, StoredRun
from analysis.gate import GateRules
from analysis.noise import FLOOR_DF, default_floor
from analysis.session import between_sessions, grouped, in_order, session_sizes, within_sessions

_LEAST_SHARE = 0.1
"""Of the default floor: pairs that agree to the last digit prove no silence."""


def noise_of(stored: Sequence[StoredRun], rules: GateRules) -> Mapping[str, Noise]:
    """Of every statistic that may decide and that all runs have."""
    runs = in_order([run.summary() for run in stored])
    sizes = session_sizes(runs)
    noise: dict[str, Noise] = {}
    for key in sorted({key for run in runs for key in run.series}):
        endpoint, _, metric = key.partition(".")
        for statistic in rules.statistics(endpoint, metric):
            if not rules.is_primary(endpoint, metric, statistic):
                continue
            values = [summary.values[statistic] for summary in present(key, statistic, runs)]
            if len(values) < len(runs) or (statistic != "ratio" and min(values) <= 0):
                continue
            groups = grouped([on_scale(statistic, value) for value in values], sizes)
            session = between_sessions(groups)
            s_run, df = within_sessions(
                groups if session is not None else [[value for group in groups for value in group]]
            )
            noise[f"{key}.{statistic}"] = Noise(
                s_run=s_run,
                s_floor=default_floor(metric, statistic),
                df=df,
                s_session=None if session is None else session.deviation,
                session_df=None if session is None else session.df,
            )
    return noise


def with_aa_noise(baseline: Baseline, aa: AaNoise) -> Baseline:
    """The same baseline with what comparisons of the service with itself showed, sealed again.

    The floor of a run is what pairs showed, divided by the square root of two. Where that rests on fewer
    degrees of freedom than a floor is granted, it may raise the default floor and not lower it.
    """
    noise = dict(baseline.noise)
    for name, own in baseline.noise.items():
        spread = aa.figures.get(name)
        if spread is None:
            continue
        _, metric, statistic = name_parts(name)
        least = default_floor(metric, statistic) * (_LEAST_SHARE if spread.df >= FLOOR_DF else 1.0)
        floor = max(least, spread.deviation / math.sqrt(2))
        noise[name] = replace(own, s_floor=floor, s_pair_aa=spread.deviation, aa_df=spread.df)
    return replace(baseline, noise=noise, gate_health=GateHealth(aa.gates, aa.false_regressions)).sealed()
