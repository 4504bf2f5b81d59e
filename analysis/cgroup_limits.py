"""The CPU and memory limits that control groups, version 1 or 2, put on a process."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Version 1 writes "no limit" as the largest multiple of the page size; no host has an exbibyte.
_NO_LIMIT_BYTES = 1 << 60


@dataclass(frozen=True, slots=True)
class CgroupLimits:
    """The tightest limits from the process's group up to the root; None: not limited."""

    cpu_quota_cores: float | None
    memory_limit_bytes: int | None


@dataclass(frozen=True, slots=True)
class Throttling:
    """How often a group used up its share of a period and had to wait for the next one, since it exists."""

    time_us: int
    """All cores added up. Linux 6.18 counts little of it."""
    times: int
    periods: int


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """The folders of a process's group and of those above it, whose limits hold for it too."""

    is_v2: bool
    cpu: tuple[Path, ...]
    memory: tuple[Path, ...]

    def limits(self) -> CgroupLimits:
        """The limits as the files say now."""
        quotas = [quota for level in self.cpu if (quota := self._quota_cores(level)) is not None]
        return CgroupLimits(min(quotas, default=None), self.memory_limit()[0])

    def memory_limit(self) -> tuple[int | None, Path | None]:
        """The tightest limit and the group that sets it: the process's own when nothing is limited."""
        name = "memory.max" if self.is_v2 else "memory.limit_in_bytes"
        limits = [
            (found, level)
            for level in self.memory
            if (found := number_in(level / name)) is not None and found < _NO_LIMIT_BYTES
        ]
        return min(limits) if limits else (None, next(iter(self.memory), None))

    @property
    def cpu_stats(self) -> tuple[Path, ...]:
        """The files that `throttling` is read from."""
        return tuple(level / "cpu.stat" for level in self.cpu)

    def throttling(self, texts: Iterable[str]) -> Throttling | None:
        """From the texts of `cpu_stats`; None where no CPU time is ever kept from a group."""
        name, per_us = ("throttled_usec", 1) if self.is_v2 else ("throttled_time", 1000)
        counted = [fields for fields in map(fields_of, texts) if name in fields]
        if not counted:
            return None
        return Throttling(
            time_us=sum(fields[name] for fields in counted) // per_us,
            times=sum(fields.get("nr_throttled", 0) for fields in counted),
            periods=max(fields.get("nr_periods", 0) for fields in counted),
        )

    def _quota_cores(self, level: Path) -> float | None:
        if self.is_v2:
            words = (text_of(level / "cpu.max") or "max").split()
            return None if words[0] == "max" else int(words[0]) / int(words[1])
        quota_us = number_in(level / "cpu.cfs_quota_us")
        period_us = number_in(level / "cpu.cfs_period_us")
        return quota_us / period_us if quota_us is not None and period_us else None


def control_group(process: Path = Path("/proc/self"), mount: Path = Path("/sys/fs/cgroup")) -> ControlGroup:
    """The group of the process whose folder this is."""
    groups = _memberships(process / "cgroup")
    if (mount / "cgroup.controllers").exists():
        levels = _levels(mount, groups.get(""))
        return ControlGroup(True, cpu=levels, memory=levels)
    return ControlGroup(
        False,
        cpu=_levels(mount / "cpu", groups.get("cpu")),
        memory=_levels(mount / "memory", groups.get("memory")),
    )


def read_cgroup_limits(root: Path = Path("/")) -> CgroupLimits:
    """This process's limits, as the files below the root say."""
    return control_group(root / "proc/self", root / "sys/fs/cgroup").limits()


def _memberships(path: Path) -> dict[str, str]:
    """Controller to the path of its group; version 2 has the empty name."""
    groups: dict[str, str] = {}
    for line in (text_of(path) or "").splitlines():
        _, controllers, group = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), group))
    return groups


def _levels(mount: Path, group: str | None) -> tuple[Path, ...]:
    """The group's folder and its parents up to the mount, as far as they exist.

    Inside a container the path may be the host's and no folder here: the mount itself is the container's
    group then.
    """
    if group is None:
        return ()
    parts = [part for part in group.split("/") if part not in ("", "..")]
    levels = [mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]
    return tuple(level for level in levels if level.is_dir())


def number_in(path: Path) -> int | None:
    """The count that is all of the file's text; None for anything else."""
    text = text_of(path)
    # Version 1 writes -1 for no quota and version 2 "max": neither is a number of digits.
    return int(text) if text is not None and text.isdigit() else None


def fields_of(text: str) -> dict[str, int]:
    """Counts by name, a line each."""
    lines = (line.split() for line in text.splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}


def text_of(path: Path) -> str | None:
    """The file's text without blanks around it; None when there is no such file, or no right to read it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
