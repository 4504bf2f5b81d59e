"""Everything a report shows, as values: the result, and what only the run directory holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.result import Result
from reports.curve import CurveChart
from reports.timeline import Panel, Timeline


@dataclass(frozen=True, slots=True)
class RunFacts:
    """From run.json: what was run, where, and how to do it again."""

    base_url: str
    seed: int | None
    mode: str
    workers: int
    slice_s: int
    model: str
    mix: Mapping[str, float]
    stopped: str | None
    git: str | None
    command: str
    damage: tuple[str, ...] = ()
    """Parts of the run directory that could not be read."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Failures of one kind at one endpoint; exemplars are a few details that the service answered with."""

    endpoint: str
    kind: str
    count: int
    share: float
    """Of the requests started at the endpoint."""
    exemplars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountRow:
    """Counts of one endpoint in the measured part."""

    endpoint: str
    due: int
    dropped: int
    started: int
    ok: int
    failed: int
    aborted: int
    reconnects: int = 0
    """Of the started ones, those that took up broken streams."""
    left: int = 0
    """Of the aborted ones, those that their users left."""

    @property
    def conserved(self) -> bool:
        return (
            self.due == self.started + self.dropped and self.started == self.ok + self.failed + self.aborted
        )


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One figure of the generator's health over the measured part.

    A row with a check's name shows what that check found, beside the worst of it; another one has `found`.
    """

    name: str
    unit: str = ""
    worst: float | None = None
    worst_s: float | None = None
    """The middle of the stretch with the worst value, on the run's time axis."""
    found: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReportData:
    result: Result
    facts: RunFacts
    timeline: Timeline
    generator_panels: tuple[Panel, ...]
    charts: tuple[CurveChart, ...]
    counts: tuple[CountRow, ...]
    failures: tuple[FailureRow, ...]
    health: tuple[HealthRow, ...]
