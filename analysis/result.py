"""What the judge found out about a run: the content of result.json."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.canonical import canonical_text
from analysis.errors import RunLogError

RESULT_SCHEMA = "plimsoll.result/1"


class Outcome(StrEnum):
    """What a comparison says about one metric."""

    REGRESSION = "regression"
    PASS = "pass"  # noqa: S105 -- a word, no secret
    IMPROVEMENT = "improvement"
    INCONCLUSIVE = "inconclusive"


class SearchEnd(StrEnum):
    """Why a search for the capacity tried no further rate."""

    FOUND = "found"
    MOST = "most"
    """The objectives were kept at the highest rate that the profile allows."""
    NONE = "none"
    """They were missed at every rate."""
    STEPS = "steps"
    """The profile allows no more steps; the interval is wider than it asks for."""
    BLIND = "blind"
    """Several steps in a row showed nothing, as the generator could do no more."""
    STOPPED = "stopped"
    """The run ended first."""


class Verdict(StrEnum):
    """What the judge says about the whole run."""

    PASS = "pass"  # noqa: S105 -- a word, no secret
    IMPROVEMENT = "improvement"
    REGRESSION = "regression"
    OBJECTIVE_MISSED = "objective_missed"
    INVALID = "invalid"
    INCONCLUSIVE = "inconclusive"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True)
class Check:
    """One question about whether the run can be trusted; `text` is a sentence for people."""

    name: str
    ok: bool
    value: str | None
    limit: str | None
    text: str
    invalidates: bool = True
    """False for a warning: the run stays valid when the check fails."""


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    """By how much the generator misreports one time under a load like the run's; loads are of one worker."""

    metric: str
    load_unit: str
    own_load: float
    """In the run's busiest stretch."""
    calibrated_load: float
    """The nearest one that the error was measured at."""
    trusted_load: float | None
    """The highest one that was trusted; None when none was."""
    p50_us: float
    p95_us: float
    p99_us: float


@dataclass(frozen=True, slots=True)
class Instrument:
    """The calibration that the run carries, or why it carries none."""

    calibrated_utc: str | None
    rows: tuple[InstrumentRow, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One statistic of one metric with its 95 % interval; `reason` says why something is absent."""

    endpoint: str
    metric: str
    statistic: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    count: int
    reason: str | None
    unreliable: bool = False
    """The interval is not to be trusted: the run is too short for how long its latencies stay alike."""


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """One objective; `met` is None when it could not be evaluated, and `reason` says why.

    `low` and `high` bound the 90 % interval of a value that is judged by it, such as a slope: it is met when
    all of the interval is within the limit, and missed when none of it is.
    """

    name: str
    endpoint: str | None
    metric: str
    statistic: str
    unit: str
    limit: float
    value: float | None
    met: bool | None
    reason: str | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One statistic of the candidate against the baseline.

    `change` is candidate / baseline - 1 (for ratios the difference), `low` and `high` bound its interval and
    `smallest_effect` is the change for the worse that this comparison would have found.
    """

    endpoint: str
    metric: str
    statistic: str
    unit: str
    direction: str
    baseline: float | None
    candidate: float | None
    change: float | None
    low: float | None
    high: float | None
    margin: float
    outcome: Outcome
    gated: bool
    smallest_effect: float | None
    reason: str | None
    primary: bool = False
    """It decides wherever it rests on enough; one that is not `gated` all the same does not."""
    adjusted_p: float | None = None
    """Probability that it is beyond the margin by chance, adjusted for the number of rows: by Holm over the
    gated ones, by Benjamini and Hochberg over the others. A regression has 0.05 at most."""

    @property
    def name(self) -> str:
        return f"{self.endpoint}.{self.metric}.{self.statistic}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differing` names the keys that keep a baseline from being comparable; then there are no rows."""

    baseline_id: str
    kind: str
    baseline_runs: int
    candidate_runs: int
    rows: tuple[ComparisonRow, ...]
    comparable: bool
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Companion:
    """A row of the comparison that moved together with another one; which caused which is not said.

    `change` is None for what was 0 in the baseline, or is now.
    """

    endpoint: str
    metric: str
    statistic: str
    unit: str
    baseline: float | None
    candidate: float | None
    change: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """One regression, and what moved together with it, the most telling first."""

    endpoint: str
    metric: str
    statistic: str
    companions: tuple[Companion, ...]


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """One step of a search; `kept` is None where it shows nothing, and `reason` says why it is not True."""

    rate_per_s: float
    answered_per_s: float | None
    kept: bool | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """The highest rate of arrivals that keeps the objectives, with its 95 % interval.

    Without a rate one of the bounds says how far the search came; `text` is a sentence for people.
    """

    rate_per_s: float | None
    low_per_s: float | None
    high_per_s: float | None
    end: SearchEnd
    text: str
    steps: tuple[CapacityStep, ...]


@checked(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Result:
    run_id: str
    runs: tuple[str, ...]
    target: str
    profile: str
    status: str
    start_utc: str
    duration_s: float
    measured_s: float
    verdict: Verdict
    exit_code: int
    reasons: tuple[str, ...]
    validity: tuple[Check, ...]
    metrics: tuple[MetricRow, ...]
    objectives: tuple[ObjectiveRow, ...]
    comparison: Comparison | None
    counts: Mapping[str, Mapping[str, object]]
    not_watched: tuple[str, ...]
    environment: Mapping[str, object]
    versions: Mapping[str, object]
    clock: str
    schema: str = field(default=RESULT_SCHEMA)
    instrument: Instrument | None = None
    attribution: tuple[Attribution, ...] = ()
    """One for each gated row that is a regression, when that is the verdict."""
    capacity: Capacity | None = None

    @property
    def valid(self) -> bool:
        return all(check.ok for check in self.validity if check.invalidates)

    def to_json(self) -> str:
        return canonical_text(_ADAPTER.dump_python(self, mode="json"))

    @staticmethod
    def from_json(text: str) -> "Result":
        """Raises ValueError (pydantic's ValidationError is one) when the text is not a result."""
        found = _ADAPTER.validate_json(text)
        if found.schema != RESULT_SCHEMA:
            raise ValueError(f"schema: found {found.schema}, wanted {RESULT_SCHEMA}")
        return found


_ADAPTER = TypeAdapter(Result)


def read_result(path: Path) -> Result:
    """Read result.json; RunLogError names the file and the key that is wrong."""
    try:
        return Result.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunLogError(
            f"{path.name}: cannot be read ({error.strerror}); `plimsoll judge` writes it"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RunLogError(f"{path.name}: {key}: {first['msg']}; judge the run again to rewrite it") from error
    except ValueError as error:
        raise RunLogError(f"{path.name}: {error}; judge the run again to rewrite it") from error
