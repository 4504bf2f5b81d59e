"""How far this machine's generator was from the truth when that was known: a JSON file for each machine.

plimsoll.calibration/1  the first format: errors by rate of requests and by streams, what was trusted, where.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf, log
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.canonical import canonical_text
from analysis.environment import Keys, differing_keys, env8_of
from analysis.errors import CalibrationError, shown
from analysis.whole_file import write_asked

CALIBRATION_SCHEMA = "plimsoll.calibration/1"
OLD_DAYS = 30.0

_FORBID = ConfigDict(extra="forbid")
_MAKE_AGAIN = "make it again with `plimsoll calibrate`"

Microseconds = Mapping[str, float]
"""By percentile: p50, p95 and p99."""

Step = TypeVar("Step", "RateStep", "StreamStep")


@checked(frozen=True, slots=True, config=_FORBID)
class Limits:
    """Up to where a step is trusted."""

    response_error_us: float = 1000.0
    """Of each percentile of `response`, either way."""
    stamp_error_us: float = 250.0
    """Of 99 % of the text events of streams, either way."""
    achieved: float = 0.99
    """Of the requests that were due, at least."""
    streams_achieved: float = 0.95
    """Of the events that so many streams bring when nothing is late, at least."""


@checked(frozen=True, slots=True, config=_FORBID)
class RateStep:
    """Requests of the open model at one rate."""

    rate_per_s: float
    """Asked of one worker."""
    achieved: float
    """Share of what was due that had reached the server in time."""
    response_error_us: Microseconds
    """Reported minus true. The truth is the server's own log, so that late sends are part of the error."""
    service_error_us: Microseconds
    send_lag_p99_us: float
    cpu_percent: float | None
    trusted: bool


@checked(frozen=True, slots=True, config=_FORBID)
class StreamStep:
    """Event streams side by side; errors are absolute ones, of single events matched with the server's."""

    streams: int
    """Open at a time in one worker."""
    events_per_s: float
    """Text events of all of them together."""
    achieved: float
    """Share of the events that so many streams bring when nothing is late."""
    stamp_error_us: Microseconds
    ttft_error_us: Microseconds
    gap_error_us: Microseconds
    coalesced: float
    """Share of the events that were read together with a later one, whose stamp they share."""
    cpu_percent: float | None
    trusted: bool


@checked(frozen=True, slots=True, config=_FORBID)
class CalibrationEnvironment:
    """Hard keys must be those of a run that carries the calibration."""

    hard: Mapping[str, JsonValue]
    soft: Mapping[str, JsonValue]


@checked(frozen=True, slots=True, config=_FORBID)
class Calibration:
    """Of one worker process; steps ascend."""

    created_utc: str
    env8: str
    environment: CalibrationEnvironment
    versions: Mapping[str, str]
    clock: str
    delay_ms: float
    """What the server waits before it answers a request."""
    rounds: int
    """Each figure is the median of so many."""
    limits: Limits
    rates: tuple[RateStep, ...]
    streams: tuple[StreamStep, ...]
    schema: str = CALIBRATION_SCHEMA

    @property
    def trusted_rate(self) -> RateStep | None:
        """The highest step that was trusted, as all below it were; None when not even the first was."""
        return _last_trusted(self.rates)

    @property
    def trusted_streams(self) -> StreamStep | None:
        """The same of streams."""
        return _last_trusted(self.streams)

    def rate_near(self, rate_per_s: float) -> RateStep | None:
        """The step whose rate is nearest by ratio; None without a step."""
        return min(self.rates, key=lambda step: _distance(step.rate_per_s, rate_per_s), default=None)

    def streams_near(self, events_per_s: float) -> StreamStep | None:
        """The step whose rate of events is nearest by ratio; None without a step."""
        return min(self.streams, key=lambda step: _distance(step.events_per_s, events_per_s), default=None)

    def age_days(self, start_utc: str) -> float:
        """Age at the start of a run, never at the time of asking."""
        return (_moment(start_utc) - _moment(self.created_utc)).total_seconds() / 86_400

    def misfit(self, hard: Keys, soft: Keys, start_utc: str) -> str | None:
        """Why a run that started then and there cannot carry it; None when it can."""
        if differing := differing_keys(self.environment.hard, hard):
            return (
                f"it was made in another environment ({self.env8}): these keys differ: {', '.join(differing)}"
            )
        hosts = {self.environment.soft.get("host_id"), soft.get("host_id")} - {None}
        if len(hosts) > 1:
            return "it was made on another machine"
        days = self.age_days(start_utc)
        if days > OLD_DAYS:
            return f"it was {days:.0f} days old when the run started, and {OLD_DAYS:g} are trusted"
        return None

    def to_json(self) -> str:
        return canonical_text(_ADAPTER.dump_python(self, mode="json"))


def calibration_path(root: Path, env8: str) -> Path:
    return root / f"{env8}.json"


def read_calibration(path: Path) -> Calibration:
    """CalibrationError names the file, the key, what was found and what is wanted."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CalibrationError(
            f"{path}: found broken JSON ({error}), wanted {CALIBRATION_SCHEMA}; {_MAKE_AGAIN}"
        ) from error
    found = content.get("schema") if isinstance(content, dict) else content
    if found != CALIBRATION_SCHEMA:
        raise CalibrationError(
            f"{path}: schema: found {shown(found)}, wanted {shown(CALIBRATION_SCHEMA)}; {_MAKE_AGAIN}"
        )
    try:
        calibration = _ADAPTER.validate_python(content)
        _moment(calibration.created_utc)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise CalibrationError(
            f"{path}: {key}: found {shown(first['input'])}, wanted otherwise: {first['msg']}; {_MAKE_AGAIN}"
        ) from error
    except ValueError as error:
        raise CalibrationError(f"{path}: {error}; {_MAKE_AGAIN}") from error
    if calibration.env8 != env8_of(calibration.environment.hard):
        raise CalibrationError(
            f"{path}: env8: found {shown(calibration.env8)}, wanted that of its hard keys; "
            f"it was changed after it was made; {_MAKE_AGAIN}"
        )
    return calibration


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Whole or not at all."""
    write_asked(path, calibration.to_json().encode())


_ADAPTER = TypeAdapter(Calibration)


def _last_trusted(steps: tuple[Step, ...]) -> Step | None:
    last: Step | None = None
    for step in steps:
        if not step.trusted:
            break
        last = step
    return last


def _distance(a: float, b: float) -> float:
    return abs(log(a / b)) if a > 0 and b > 0 else inf


def _moment(utc: str) -> datetime:
    moment = datetime.fromisoformat(utc)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
