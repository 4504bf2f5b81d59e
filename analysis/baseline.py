"""Stored results of several runs of one target and load profile on one kind of environment: a JSON file.

plimsoll.baseline/1  the first format: runs with their statistics, pooled histograms, noise, provenance, hash.
                     Later additions have defaults, so that a file from before them can still be read: noise
                     between sessions and of comparisons with itself, gating, gate health.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.baseline_parts import FORBID, BaselineEnvironment, GateHealth, Gating, Noise, StoredRun
from analysis.canonical import canonical_sha256, canonical_text
from analysis.errors import BaselineError, UsageError, shown
from analysis.run_summary import RunSummary
from analysis.session import SessionNoise
from analysis.setting import Setting
from analysis.warm_up import WarmUp
from analysis.whole_file import write_asked

logger = logging.getLogger(__name__)

BASELINE_SCHEMA = "plimsoll.baseline/1"
LEAST_RUNS = 5
LARGEST_BYTES = 200_000
OLD_DAYS = 21.0
"""An older one proves no pass; an anchor is meant to be old."""

AGE_CHECK = "baseline_age"

_WRITE_AGAIN = "record it again with `plimsoll baseline record`"


class BaselineKind(StrEnum):
    """What a baseline is used for; a candidate is for review and is never found by itself."""

    CANDIDATE = "candidate"
    ROLLING = "rolling"
    """What runs are compared with; replaced as the service changes."""
    ANCHOR = "anchor"
    """Frozen, so that many small changes cannot creep by."""


@checked(frozen=True, slots=True, config=FORBID)
class Baseline:
    baseline_id: str
    kind: BaselineKind
    supersedes: str | None
    """Id of the baseline that was promoted before it in its place."""
    created_utc: str
    """Start of its last run: ages count from it."""
    target: str
    profile: str
    scenario_sha256: str
    env8: str
    environment: BaselineEnvironment
    clock: str
    workers: int
    runs: tuple[StoredRun, ...]
    pooled: Mapping[str, str]
    """`<endpoint>.<metric>` to the histogram of all runs, HdrHistogram V2, as far as the size allows."""
    prometheus: Mapping[str, float]
    """Means of the sidecar's named queries over the measured part of all runs."""
    noise: Mapping[str, Noise]
    """`<endpoint>.<metric>.<statistic>` of what can be gated."""
    provenance: Mapping[str, object]
    gating: Gating | None = None
    gate_health: GateHealth | None = None
    warm_up: WarmUp | None = None
    """Whether the profile's is long enough; None when the runs do not show it."""
    content_sha256: str = ""
    schema: str = BASELINE_SCHEMA

    def sealed(self) -> "Baseline":
        """The same with its content hash."""
        return replace(self, content_sha256=_content_sha256(_dumped(self)))

    def to_json(self) -> str:
        return canonical_text(_dumped(self))

    @property
    def setting(self) -> Setting:
        return Setting(
            target=self.target,
            profile=self.profile,
            scenario_sha256=self.scenario_sha256,
            clock=self.clock,
            workers=self.workers,
            hard=self.environment.hard,
        )

    def summaries(self) -> list[RunSummary]:
        return [run.summary() for run in self.runs]

    def floors(self) -> dict[str, float]:
        return {name: noise.s_floor for name, noise in self.noise.items()}

    def carried(self) -> dict[str, SessionNoise]:
        """How much sessions differ, as far as that is known."""
        known = {name: noise.session for name, noise in self.noise.items()}
        return {name: session for name, session in known.items() if session is not None}

    def age_days(self, start_utc: str) -> float:
        """Age at the start of a run, never at the time of asking."""
        return (_moment(start_utc) - _moment(self.created_utc)).total_seconds() / 86_400


def baseline_path(root: Path, target: str, profile: str, env8: str, kind: BaselineKind) -> Path:
    return root / target / profile / f"{env8}.{kind.value}.json"


def same_place_baselines(place: Path) -> tuple[Path, ...]:
    """Baselines of the same kind, target and profile, recorded in other environments."""
    suffix = place.name.partition(".")[2]
    return tuple(sorted(path for path in place.parent.glob(f"*.{suffix}") if path != place))


def read_baseline(path: Path) -> Baseline:
    """BaselineError names the file, the key, what was found and what is wanted."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise BaselineError(f"{path}: there is no such baseline; {_WRITE_AGAIN}") from error
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BaselineError(f"{path}: found bytes that are not UTF-8, wanted JSON; {_WRITE_AGAIN}") from error
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BaselineError(
            f"{path}: found broken JSON ({error}), wanted {BASELINE_SCHEMA}; {_WRITE_AGAIN}"
        ) from error
    if not isinstance(content, dict):
        raise BaselineError(f"{path}: found {shown(content)}, wanted an object of schema {BASELINE_SCHEMA}")
    if content.get("schema") != BASELINE_SCHEMA:
        raise BaselineError(
            f"{path}: schema: found {shown(content.get('schema'))}, wanted {shown(BASELINE_SCHEMA)}; "
            f"{_WRITE_AGAIN}"
        )
    try:
        baseline = _ADAPTER.validate_python(content)
        _moment(baseline.created_utc)
        wanted = _content_sha256(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BaselineError(
            f"{path}: {key}: found {shown(first['input'])}, wanted otherwise: {first['msg']}; {_WRITE_AGAIN}"
        ) from error
    except ValueError as error:
        raise BaselineError(f"{path}: {error}; {_WRITE_AGAIN}") from error
    if baseline.content_sha256 != wanted:
        raise BaselineError(
            f"{path}: content_sha256: found {shown(baseline.content_sha256)}, wanted {shown(wanted)}, the "
            f"hash of what it holds: it was changed after it was recorded; {_WRITE_AGAIN}"
        )
    if len(baseline.runs) < LEAST_RUNS:
        raise BaselineError(
            f"{path}: runs: found {len(baseline.runs)}, wanted {LEAST_RUNS} or more; {_WRITE_AGAIN}"
        )
    return baseline


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Whole or not at all."""
    text = baseline.to_json().encode("utf-8")
    if len(text) > LARGEST_BYTES:
        raise BaselineError(
            f"{path}: found {len(text)} bytes, wanted {LARGEST_BYTES} at most; record fewer runs or endpoints"
        )
    write_asked(path, text)


def promote(path: Path, root: Path, kind: BaselineKind = BaselineKind.ROLLING) -> Path:
    """Put a reviewed candidate in the place of the baseline of its kind; returns that place.

    The candidate file is removed. An older baseline is replaced, and its id stays in `supersedes`; one that
    cannot be read is replaced all the same. What the older one knew of the noise is kept where the new one
    cannot know it: that between sessions of one recorded in a single session, and that of pairs of the same
    version, with the floor that they set, of one recorded without such pairs.
    """
    if kind is BaselineKind.CANDIDATE:
        raise UsageError("--as: found candidate, wanted rolling or anchor")
    baseline = read_baseline(path)
    place = baseline_path(root, baseline.target, baseline.profile, baseline.env8, kind)
    if place.exists() and path.samefile(place):
        raise UsageError(f"{path}: found the {kind.value} baseline itself, wanted a candidate to promote")
    before = _replaced(place)
    promoted = replace(baseline, kind=kind, supersedes=None if before is None else before.baseline_id)
    if before is not None and before.setting == baseline.setting:
        promoted = _with_noise_of(promoted, before)
    write_baseline(promoted.sealed(), place)
    if baseline.kind is BaselineKind.CANDIDATE:
        path.unlink()
    return place


def _replaced(place: Path) -> Baseline | None:
    if not place.exists():
        return None
    try:
        return read_baseline(place)
    except BaselineError as error:
        logger.warning("An unreadable baseline is replaced: %s", error)
        return None


def _with_noise_of(baseline: Baseline, before: Baseline) -> Baseline:
    noise = {}
    for name, own in baseline.noise.items():
        known = before.noise.get(name)
        if own.session is None and known is not None and known.session is not None:
            own = replace(own, s_session=known.s_session, session_df=known.session_df)
        if own.s_pair_aa is None and known is not None and known.s_pair_aa is not None:
            own = replace(own, s_floor=known.s_floor, s_pair_aa=known.s_pair_aa, aa_df=known.aa_df)
        noise[name] = own
    return replace(baseline, noise=noise, gate_health=baseline.gate_health or before.gate_health)


_ADAPTER = TypeAdapter(Baseline)


def _dumped(baseline: Baseline) -> dict[str, object]:
    dumped: dict[str, object] = _ADAPTER.dump_python(baseline, mode="json")
    return dumped


def _content_sha256(content: Mapping[str, object]) -> str:
    return canonical_sha256({key: value for key, value in content.items() if key != "content_sha256"})


def _moment(utc: str) -> datetime:
    moment = datetime.fromisoformat(utc)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
