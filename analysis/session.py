"""Sessions: runs that were made one after the other, and how much such stretches differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis.run_summary import RunSummary

APART_S = 7200.0
"""Without a run for this long, what follows is another session: the host has had time to change."""

_USUAL_DF = 2
"""Degrees of freedom that what is usual has beside what was seen: simulated, that keeps the errors at the
margin within 5 % from two sessions on where they scatter by up to 3 %, within 8 % where they do by 5 %."""


@dataclass(frozen=True, slots=True)
class SessionNoise:
    """Standard deviation between sessions, beyond what their runs scatter, and its degrees of freedom."""

    deviation: float
    df: float


def in_order(runs: Sequence[RunSummary]) -> list[RunSummary]:
    """By their start."""
    return sorted(runs, key=lambda run: (run.start_utc, run.run_id))


def session_sizes(runs: Sequence[RunSummary]) -> tuple[int, ...]:
    """How many of the runs, which are in order, belong to each session."""
    sizes: list[int] = []
    ended_s = -math.inf
    for run in runs:
        start_s = datetime.fromisoformat(run.start_utc).timestamp()
        if start_s - ended_s > APART_S:
            sizes.append(0)
        sizes[-1] += 1
        ended_s = max(ended_s, start_s + run.measured_s)
    return tuple(sizes)


def grouped(values: Sequence[float], sizes: Sequence[int]) -> list[list[float]]:
    """The values of each session; without sizes all are of one."""
    groups, start = [], 0
    for size in sizes or (len(values),):
        groups.append(list(values[start : start + size]))
        start += size
    return groups


def within_sessions(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation between runs of one session, over all sessions, and its degrees of freedom."""
    df = sum(len(group) - 1 for group in groups)
    if df == 0:
        raise ValueError("the scatter of runs needs two runs or more in one session")
    return math.sqrt(_squares_within(groups) / df), df


def between_sessions(groups: Sequence[Sequence[float]]) -> SessionNoise | None:
    """One-way analysis of variance with random sessions; None when there are too few to tell.

    The component is (MS_between - MS_within) / n0, not below 0, with n0 the runs of a session (for sessions
    of unequal size: Searle, Linear Models, 1971, chapter 11).
    """
    runs, sessions = sum(len(group) for group in groups), len(groups)
    if sessions < 2 or runs == sessions:
        return None
    mean = math.fsum(value for group in groups for value in group) / runs
    between = math.fsum(len(group) * (_mean(group) - mean) ** 2 for group in groups) / (sessions - 1)
    within = _squares_within(groups) / (runs - sessions)
    size = (runs - sum(len(group) ** 2 for group in groups) / runs) / (sessions - 1)
    return SessionNoise(math.sqrt(max(0.0, (between - within) / size)), sessions - 1)


def believed(session: SessionNoise, usual: float) -> SessionNoise:
    """What a few sessions showed, together with what hosts usually show; 0 says that this is not known.

    Two sessions may agree by luck, or have a single degree of freedom for a scatter that swamps all else.
    """
    if usual == 0:
        return session
    df = session.df + _USUAL_DF
    variance = (session.df * session.deviation**2 + _USUAL_DF * usual**2) / df
    return SessionNoise(math.sqrt(variance), df)


def _squares_within(groups: Sequence[Sequence[float]]) -> float:
    return math.fsum((value - _mean(group)) ** 2 for group in groups for value in group)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
