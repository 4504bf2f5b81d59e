"""The course of an A/B session: its plan, which run was made for which arm, and which is due next; ab.json.

plimsoll.ab/1  the first format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.canonical import canonical_text
from analysis.errors import RunLogError, UsageError
from analysis.noise import Spread
from analysis.whole_file import write_whole

AB_SCHEMA = "plimsoll.ab/1"
AB_JSON = "ab.json"

REPEATS_PER_RUN = 2
"""An invalid run is made again so often."""

REPEATS = 6
"""And all runs of one sitting together; a machine that needs more is too busy to decide anything."""

_FORBID = ConfigDict(extra="forbid")


class Arm(StrEnum):
    """A is the old version, B the new one."""

    A = "a"
    B = "b"


@checked(frozen=True, slots=True, config=_FORBID)
class Version:
    """What an arm's runs ask: a service that is there, or one that a command starts for each run."""

    url: str | None
    """None: the target's own."""
    command: str | None


@checked(frozen=True, slots=True, config=_FORBID)
class AbPlan:
    """What was asked for; it stays the same when a session is taken up again."""

    target: str
    profile: str
    a: Version
    b: Version
    itself: bool
    """Both arms are the same version: the noise is what is looked for."""
    most_pairs: int
    processes: int | None
    seed: int | None
    start_limit_s: float
    folder: str
    """Where it was begun, and where start commands are run."""
    floors: Mapping[str, Spread]
    """From earlier sessions of one version against itself."""
    locust_args: tuple[str, ...] = ()

    def version(self, arm: Arm) -> Version:
        return self.a if arm is Arm.A else self.b


@checked(frozen=True, slots=True, config=_FORBID)
class AbRun:
    """One run that was made; `reason` says why an invalid one does not count."""

    pair: int
    arm: Arm
    run: str | None
    """Name of its directory below `runs`; None: it never began."""
    valid: bool
    reason: str | None
    took_s: float
    sitting: int
    """How often the session had been taken up again before it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One arm of one pair."""

    pair: int
    arm: Arm


@checked(frozen=True, slots=True, config=_FORBID)
class AbSession:
    ab_id: str
    start_utc: str
    plan: AbPlan
    runs: tuple[AbRun, ...] = ()
    sitting: int = 0
    schema: str = AB_SCHEMA

    @property
    def pairs_done(self) -> int:
        """Pairs whose two runs are there and valid; they follow one another from the first."""
        slot = self.next_slot()
        return self.plan.most_pairs if slot is None else slot.pair - 1

    @property
    def spent_s(self) -> float:
        return sum(run.took_s for run in self.runs)

    @property
    def repeated(self) -> tuple[AbRun, ...]:
        return tuple(run for run in self.runs if not run.valid)

    def next_slot(self) -> Slot | None:
        """The first that has no valid run; None when all pairs are done."""
        for pair in range(1, self.plan.most_pairs + 1):
            for slot in slots(pair):
                if self.valid_run(slot) is None:
                    return slot
        return None

    def valid_run(self, slot: Slot) -> str | None:
        found = [run.run for run in self.runs if run.valid and (run.pair, run.arm) == (slot.pair, slot.arm)]
        return found[0] if found else None

    def exhausted(self, slot: Slot) -> str | None:
        """Why this run is not tried again in this sitting; None when it may be."""
        bad = [run for run in self.repeated if run.sitting == self.sitting]
        own = [run for run in bad if (run.pair, run.arm) == (slot.pair, slot.arm)]
        if len(own) > REPEATS_PER_RUN:
            return f"run {slot.arm.value.upper()} of pair {slot.pair} was invalid {len(own)} times"
        if len(bad) > REPEATS:
            return f"{len(bad)} runs were invalid"
        return None

    def with_run(self, run: AbRun) -> "AbSession":
        return replace(self, runs=(*self.runs, run))

    def taken_up(self) -> "AbSession":
        """A pair of which only one run was made is made anew: its two should lie close together in time."""
        done = self.pairs_done
        kept = tuple(run for run in self.runs if run.pair <= done or not run.valid)
        return replace(self, runs=kept, sitting=self.sitting + 1)

    def write(self, folder: Path) -> None:
        """Whole or not at all."""
        try:
            write_whole(folder / AB_JSON, canonical_text(_ADAPTER.dump_python(self, mode="json")).encode())
        except OSError as error:
            raise RunLogError(
                f"{folder / AB_JSON}: cannot be written: {error.strerror}; make room, then --resume {folder}"
            ) from error


def slots(pair: int) -> tuple[Slot, Slot]:
    """AB, BA, AB, ...: a drift over time then weighs on both arms alike. Pairs count from 1."""
    first, second = (Arm.A, Arm.B) if pair % 2 else (Arm.B, Arm.A)
    return Slot(pair, first), Slot(pair, second)


def read_session(folder: Path) -> AbSession:
    """UsageError names what is wrong with ab.json."""
    path = folder / AB_JSON
    wanted = "the folder of a session that `plimsoll ab` began"
    try:
        session = _ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--resume: found no {path} ({error.strerror}), wanted {wanted}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(f"--resume: {path}: {key}: {first['msg']}; wanted {wanted}") from error
    if session.schema != AB_SCHEMA:
        raise UsageError(f"--resume: {path}: found schema {session.schema}, wanted {AB_SCHEMA}")
    return session


_ADAPTER = TypeAdapter(AbSession)
