"""The noise block of a baseline: how much its runs and sessions differ, and the floor under that."""

from collections.abc import Mapping, Sequence

from analysis.arms import on_scale, present
from analysis.baseline_parts import Noise, StoredRun
from analysis.gate import GateRules
from analysis.noise import default_floor
from analysis.session import between_sessions, grouped, in_order, session_sizes, within_sessions


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
