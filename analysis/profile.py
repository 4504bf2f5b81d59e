"""How the load of a run evolves: a pure function of the seconds since its start."""  # noqa: A005 - never on sys.path

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import ceil, fsum, gcd
from pathlib import Path
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from analysis.errors import ConfigurationError, Phrase, RunLogError
from analysis.profile_file import ProfileTable
from analysis.profile_parts import AbortRule, Arrivals, Model, Search, Stage
from analysis.target import LOCUSTFILES, Target
from analysis.toml_file import dotted, file_names, find_file, nearest, read_toml, shown_path

__all__ = [
    "AbortRule",
    "Arrivals",
    "LoadProfile",
    "Model",
    "Search",
    "Stage",
    "check_mix",
    "load_profile",
    "profile_from_json",
    "profile_json",
    "profile_names",
]

SLICES_AT_MOST = 3600


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """A load profile; without stages it follows the number of users given by hand."""

    name: str
    model: Model
    mix: Mapping[str, float]
    """Endpoint to its weight."""
    stages: tuple[Stage, ...] = ()
    arrivals: Arrivals = Arrivals.POISSON
    optional_mix: frozenset[str] = frozenset()
    """Entries of the mix that a target may lack."""
    think_s: tuple[float, float] | None = None
    pacing_s: float | None = None
    abort: tuple[AbortRule, ...] = ()
    drain_s: float = 30.0
    max_in_flight: int = 4000
    """Open model: requests in flight per worker beyond which those due are dropped, and counted so."""
    compare: bool = True
    finds_limit: bool = False
    """An abort by rule is the normal end, and says where the limit is."""
    search: Search | None = None
    """Arrivals follow its steps; the only stage is as long as the search may take."""
    file: str = ""

    @property
    def duration_s(self) -> int:
        """Seconds of all stages, the drain apart; 0 without stages."""
        return sum(stage.duration_s for stage in self.stages)

    @property
    def slice_s(self) -> int:
        """1 s up to one hour; longer runs get about 3600 slices, none of which crosses a stage's end."""
        if self.duration_s <= SLICES_AT_MOST:
            return 1
        common = gcd(*(stage.duration_s for stage in self.stages))
        bound = ceil(self.duration_s / SLICES_AT_MOST)
        return max(size for size in range(1, bound + 1) if common % size == 0)

    def stage_at(self, t_s: float) -> Stage | None:
        """The stage that holds this moment, its start included; None before the run and after it."""
        if not 0 <= t_s < self.duration_s:
            return None
        return self.stages[bisect_right(self._ends(), t_s)]

    def level_at(self, t_s: float) -> float:
        """Users, or arrivals per second; 0 outside the stages."""
        if not 0 <= t_s < self.duration_s:
            return 0.0
        ends = self._ends()
        index = bisect_right(ends, t_s)
        stage = self.stages[index]
        if not stage.ramp:
            return stage.level
        since_s = t_s - (ends[index] - stage.duration_s)
        before = self._level_before(index)
        return before + (stage.level - before) * (since_s / stage.duration_s)

    def arrivals_between(self, t0_s: float, t1_s: float) -> float:
        """Requests of an open model expected in [t0, t1): the integral of the level."""
        areas = []
        for index, end_s in enumerate(self._ends()):
            stage = self.stages[index]
            start_s = end_s - stage.duration_s
            low_s, high_s = max(t0_s, start_s), min(t1_s, end_s)
            if low_s >= high_s:
                continue
            middle = stage.level
            if stage.ramp:
                before = self._level_before(index)
                middle_s = (low_s - start_s + high_s - start_s) / 2
                middle = before + (stage.level - before) * (middle_s / stage.duration_s)
            areas.append(middle * (high_s - low_s))
        return fsum(areas)

    def windows(self) -> tuple[tuple[float, float], ...]:
        """The measured stretches [start, end) in seconds, neighbours merged; empty without stages."""
        return tuple((float(start_s), float(end_s)) for start_s, end_s, measure in self.blocks() if measure)

    def level_windows(self) -> tuple[tuple[float, float], ...]:
        """The measured stretches that hold one level each, neighbours of the same level merged."""
        found: list[tuple[int, int, float]] = []
        for index, (stage, end_s) in enumerate(zip(self.stages, self._ends(), strict=True)):
            start_s = end_s - stage.duration_s
            if not stage.measure or (stage.ramp and self._level_before(index) != stage.level):
                continue
            if found and found[-1][1:] == (start_s, stage.level):
                start_s = found.pop()[0]
            found.append((start_s, end_s, stage.level))
        return tuple((float(start_s), float(end_s)) for start_s, end_s, _ in found)

    def blocks(self) -> list[tuple[int, int, bool]]:
        """Longest stretches of stages with equal `measure`: start and end in s, and whether measured."""
        blocks: list[tuple[int, int, bool]] = []
        start_s = 0
        for stage in self.stages:
            end_s = start_s + stage.duration_s
            if blocks and blocks[-1][2] == stage.measure:
                blocks[-1] = (blocks[-1][0], end_s, stage.measure)
            else:
                blocks.append((start_s, end_s, stage.measure))
            start_s = end_s
        return blocks

    def _ends(self) -> list[int]:
        return list(accumulate(stage.duration_s for stage in self.stages))

    def _level_before(self, index: int) -> float:
        return self.stages[index - 1].level if index else 0.0


def load_profile(name_or_path: str, root: Path | None = None) -> LoadProfile:
    """The profile of that name in `profiles/` below the root, or of the TOML file at that path."""
    path = find_file(name_or_path, (root or LOCUSTFILES) / "profiles", "load profile")
    file = shown_path(path)
    table = read_toml(path, ProfileTable)
    table.check(file)
    return LoadProfile(
        name=table.name or path.stem,
        model=table.model,
        mix={name: entry.weight for name, entry in table.mix.items()},
        stages=table.all_stages(),
        arrivals=table.arrivals or Arrivals.POISSON,
        optional_mix=frozenset(name for name, entry in table.mix.items() if entry.optional),
        think_s=table.think,
        pacing_s=table.pacing,
        abort=tuple(rule.rule(number, file) for number, rule in enumerate(table.abort)),
        drain_s=table.drain,
        max_in_flight=table.max_in_flight,
        compare=table.compare,
        finds_limit=table.finds_limit or table.search is not None,
        search=None if table.search is None else table.search.search(),
        file=file,
    )


def profile_names(root: Path | None = None) -> tuple[str, ...]:
    """The names that `load_profile` knows, sorted."""
    return file_names((root or LOCUSTFILES) / "profiles")


def profile_json(profile: LoadProfile) -> dict[str, JsonValue]:
    """The profile as JSON."""
    document: dict[str, JsonValue] = _adapter().dump_python(profile, mode="json")
    document["optional_mix"] = [*sorted(profile.optional_mix)]
    document["file"] = "/".join(Path(profile.file).parts[-2:])
    return document


def profile_from_json(document: Mapping[str, Any]) -> LoadProfile:
    """The profile that `profile_json` wrote."""
    try:
        return _adapter().validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RunLogError(
            f"run.json: {dotted(('profile_definition', *first['loc']))}: wanted a load profile "
            f"as this version writes it, found something else ({first['msg']})"
        ) from None


def check_mix(profile: LoadProfile, target: Target) -> dict[str, float]:
    """The part of the profile's mix that this target can serve; what it lacks must be marked optional."""
    names = sorted(target.endpoints)
    for name in profile.mix:
        if name not in target.endpoints and name not in profile.optional_mix:
            raise ConfigurationError(
                file=profile.file,
                key=dotted(("mix", name)),
                found=Phrase(f"no such endpoint in target {target.name}"),
                wanted=f"one of {', '.join(names)}",
                hint=nearest(name, names)
                or f"{{ weight = {profile.mix[name]:g}, optional = true }} skips it",
            )
    mix = {name: weight for name, weight in profile.mix.items() if name in target.endpoints}
    if not mix:
        raise ConfigurationError(
            file=profile.file,
            key="mix",
            found=Phrase(f"only endpoints that target {target.name} lacks"),
            wanted=f"at least one of {', '.join(names)}",
        )
    return mix


@cache
def _adapter() -> TypeAdapter[LoadProfile]:
    return TypeAdapter(LoadProfile)
