"""Checks what `plimsoll ab` was asked for, before anything is started."""

import math
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.aa_noise import pooled, read_aa_noise
from analysis.ab_session import AbPlan, Version
from analysis.errors import UsageError
from analysis.looks import LEAST_PAIRS, MOST_PAIRS
from analysis.profile import LoadProfile, check_mix, load_profile
from analysis.request_text import check_base_url
from analysis.target import load_target

OVERHEAD_S = 8.0
"""Of a run beside its stages, roughly: Locust's start, the drain, reading what was measured."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line of a new session."""

    target: str
    profile: str
    a: str | None
    b: str | None
    a_command: str | None
    b_command: str | None
    itself: bool
    pairs: int
    max_minutes: float | None
    noise: Sequence[Path]
    processes: int | None
    seed: int | None
    start_limit_s: float
    locust_args: tuple[str, ...]


def plan_of(asked: Asked) -> AbPlan:
    """UsageError or ConfigurationError says which option is wrong."""
    profile = load_profile(asked.profile)
    check_mix(profile, load_target(asked.target))
    _check_profile(profile)
    if not LEAST_PAIRS <= asked.pairs <= MOST_PAIRS:
        raise UsageError(f"--pairs: found {asked.pairs}, wanted {LEAST_PAIRS} to {MOST_PAIRS}")
    a, b = _versions(asked)
    if not 0 < asked.start_limit_s < math.inf:
        raise UsageError(f"--start-limit: found {asked.start_limit_s:g}, wanted seconds, more than 0")
    check_minutes(asked.max_minutes, profile)
    return AbPlan(
        target=_kept(asked.target),
        profile=_kept(asked.profile),
        a=a,
        b=b,
        itself=asked.itself,
        most_pairs=asked.pairs,
        processes=asked.processes,
        seed=asked.seed,
        start_limit_s=asked.start_limit_s,
        floors=pooled([read_aa_noise(path) for path in asked.noise]).floors() if asked.noise else {},
        folder=str(Path.cwd()),
        locust_args=asked.locust_args,
    )


def check_minutes(max_minutes: float | None, profile: LoadProfile) -> None:
    """Refuses a limit under which not even the first look would be reached."""
    least = LEAST_PAIRS * 2 * (profile.duration_s + OVERHEAD_S) / 60
    if max_minutes is not None and not max_minutes >= least:  # nan is none
        raise UsageError(
            f"--max-minutes: found {max_minutes:g}, wanted {least:.0f} or more: the {LEAST_PAIRS} pairs of a "
            f"first look take that long under {profile.name}; allow more, or take a shorter load profile"
        )


def _check_profile(profile: LoadProfile) -> None:
    why = None
    if not profile.compare:
        why = "which is never compared"
    elif not profile.stages:
        why = "which has no stages and so no end"
    if why is not None:
        raise UsageError(f"--load-profile: found {profile.name}, {why}; wanted one such as baseline")


def _versions(asked: Asked) -> tuple[Version, Version]:
    for option, url in (("--a", asked.a), ("--b", asked.b)):
        if url is not None:
            check_base_url(url, option)
    if asked.itself:
        if asked.b is not None or asked.b_command is not None:
            raise UsageError("--self: found an option for B, wanted A alone: it is compared with itself")
        version = Version(asked.a, _checked("--a-command", asked.a_command))
        return version, version
    commands, urls = (asked.a_command, asked.b_command), (asked.a, asked.b)
    if commands == (None, None) and None in urls:
        raise UsageError(
            "found no two versions, wanted --a URL and --b URL, or --a-command and --b-command, or --self"
        )
    if commands == (None, None) and _place(asked.a) == _place(asked.b):
        raise UsageError(
            f"--b: found the address of --a, {asked.b}, wanted that of another version; --self compares a "
            "version with itself"
        )
    if commands != (None, None) and None in commands:
        raise UsageError(
            "found one start command, wanted --a-command and --b-command, or two services that run already "
            "with --a URL and --b URL"
        )
    return (
        Version(asked.a, _checked("--a-command", asked.a_command)),
        Version(asked.b, _checked("--b-command", asked.b_command)),
    )


def _place(url: str | None) -> str:
    return (url or "").rstrip("/").lower()


def _checked(option: str, command: str | None) -> str | None:
    """Refused now rather than after the other version's first run."""
    if command is None:
        return None
    wanted = "wanted a program and its arguments, or sh -c '...' for what only a shell understands"
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{option}: found {command!r}, whose quotes are open ({error}); {wanted}") from error
    if not words:
        raise UsageError(f"{option}: found nothing, {wanted}")
    if shutil.which(words[0]) is None:
        raise UsageError(f"{option}: found {words[0]!r}, which cannot be started from {Path.cwd()}; {wanted}")
    return command


def _kept(name: str) -> str:
    """A file's place as seen from anywhere, as a session may be taken up elsewhere."""
    return str(Path(name).absolute()) if Path(name).suffix == ".toml" else name
