"""Reads the memory and CPU limits that a control group, version 2 or 1, puts on a process."""

from dataclasses import dataclass
from pathlib import Path

# Version 1 writes "no limit" as the largest multiple of the page size; no host has an exbibyte.
_NO_LIMIT_BYTES = 1 << 60


@dataclass(frozen=True, slots=True)
class CgroupReading:
    """Memory used is the working set: reclaimable file pages do not count, as in Kubernetes."""

    memory_limit_bytes: int | None
    memory_used_bytes: int | None
    cpu_quota_cores: float | None


class Cgroup:
    """The control group of one process; the tightest limit up to the root counts."""

    def __init__(
        self, pid: int | None = None, proc: Path = Path("/proc"), mount: Path = Path("/sys/fs/cgroup")
    ) -> None:
        memberships = _memberships(proc / ("self" if pid is None else str(pid)) / "cgroup")
        self._v2 = (mount / "cgroup.controllers").exists()
        if self._v2:
            levels = _levels(mount, memberships.get(""))
            self._memory, self._cpu = levels, levels
        else:
            self._memory = _levels(mount / "memory", memberships.get("memory"))
            self._cpu = _levels(mount / "cpu", memberships.get("cpu"))

    def read(self) -> CgroupReading:
        limit_bytes, level = self._memory_limit()
        return CgroupReading(limit_bytes, self._memory_used(level), self._cpu_quota_cores())

    def _memory_limit(self) -> tuple[int | None, Path | None]:
        name = "memory.max" if self._v2 else "memory.limit_in_bytes"
        limit_bytes: int | None = None
        tightest = self._memory[0] if self._memory else None
        for level in self._memory:
            found = _number(level / name)
            if found is None or found >= _NO_LIMIT_BYTES:
                continue
            if limit_bytes is None or found < limit_bytes:
                limit_bytes, tightest = found, level
        return limit_bytes, tightest

    def _memory_used(self, level: Path | None) -> int | None:
        if level is None:
            return None
        used = _number(level / ("memory.current" if self._v2 else "memory.usage_in_bytes"))
        if used is None:
            return None
        reclaimable = _field(level / "memory.stat", "inactive_file" if self._v2 else "total_inactive_file")
        return max(used - (reclaimable or 0), 0)

    def _cpu_quota_cores(self) -> float | None:
        quotas = [quota for level in self._cpu if (quota := self._quota(level)) is not None]
        return min(quotas, default=None)

    def _quota(self, level: Path) -> float | None:
        if self._v2:
            words = (_text(level / "cpu.max") or "max").split()
            if len(words) != 2 or words[0] == "max":
                return None
            return int(words[0]) / int(words[1])
        quota_us = _number(level / "cpu.cfs_quota_us")
        period_us = _number(level / "cpu.cfs_period_us")
        return quota_us / period_us if quota_us is not None and quota_us > 0 and period_us else None


def _memberships(path: Path) -> dict[str, str]:
    """Controller name to path inside its hierarchy; version 2 has the empty name."""
    found: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        _, controllers, inside = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = inside
    return found


def _levels(mount: Path, inside: str | None) -> tuple[Path, ...]:
    """Directories from the process's own group up to the mount.

    In a container of version 1 the path is the host's and does not exist below the mount: the
    mount itself is then the container's group.
    """
    if inside is None or not mount.is_dir():
        return ()
    own = mount / inside.lstrip("/")
    if not own.is_dir():
        return (mount,)
    return (own, *(parent for parent in own.parents if parent.is_relative_to(mount)))


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _field(path: Path, name: str) -> int | None:
    for line in (_text(path) or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None
