"""The parts of a baseline, as its file holds them."""

from collections.abc import Mapping

from pydantic import ConfigDict, JsonValue
from pydantic.dataclasses import dataclass as checked

from analysis.gate import GateRules
from analysis.profile_parts import Model
from analysis.run_summary import RunSummary, Summary
from analysis.session import SessionNoise

FORBID = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, config=FORBID)
class StoredRun:
    """One run; `series` maps `<endpoint>.<metric>` to its count and statistics, in µs for times."""

    run_id: str
    start_utc: str
    measured_s: float
    series: Mapping[str, Summary]
    counts: Mapping[str, Mapping[str, int]]
    validity: Mapping[str, str]

    def summary(self) -> RunSummary:
        return RunSummary(self.run_id, self.start_utc, self.measured_s, self.series)


@checked(frozen=True, slots=True, config=FORBID)
class Noise:
    """Standard deviations of one statistic on the scale of the test, and the floor under them."""

    s_run: float
    """Between stored runs of one session."""
    s_floor: float
    """The least deviation between runs that is believed."""
    df: int
    """Of `s_run`."""
    s_session: float | None = None
    """Between sessions, beyond `s_run`; None when it is not known."""
    session_df: float | None = None
    s_pair_aa: float | None = None
    """Of the difference of two runs of a pair that compared the service with itself."""
    aa_df: float | None = None

    @property
    def session(self) -> SessionNoise | None:
        if self.s_session is None or self.session_df is None:
            return None
        return SessionNoise(self.s_session, self.session_df)


@checked(frozen=True, slots=True, config=FORBID)
class BaselineEnvironment:
    """Hard keys must be equal for a comparison, soft ones may differ, ignored ones only inform."""

    hard: Mapping[str, JsonValue]
    soft: Mapping[str, JsonValue]
    ignored: Mapping[str, JsonValue]


@checked(frozen=True, slots=True, config=FORBID)
class Gating:
    """What target and profile said, when it was recorded, about which statistics decide."""

    model: Model
    streams: tuple[str, ...]
    margins: Mapping[str, float]
    mix: Mapping[str, float]

    @property
    def rules(self) -> GateRules:
        return GateRules(self.model, frozenset(self.streams), self.margins, self.mix)


@checked(frozen=True, slots=True, config=FORBID)
class GateHealth:
    """How often comparisons of the service with itself were made, and were wrongly called a regression."""

    aa_gates: int
    aa_false_regressions: int
