"""The CPU and memory limits that control groups, version 1 or 2, put on this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CgroupLimits:
    """The tightest limits from the process's group up to the root; None: not limited."""

    cpu_quota_cores: float | None
    memory_limit_bytes: int | None


def read_cgroup_limits(root: Path = Path("/")) -> CgroupLimits:
    """The limits as the files below the root say."""
    mount = root / "sys/fs/cgroup"
    groups = _memberships(root / "proc/self/cgroup")
    if (mount / "cgroup.controllers").exists():
        levels = list(_levels(mount, groups.get("")))
        quotas = [_quota_v2(level / "cpu.max") for level in levels]
        limits = [_number(level / "memory.max") for level in levels]
    else:
        quotas = [_quota_v1(level) for level in _levels(mount / "cpu", groups.get("cpu"))]
        memory = _levels(mount / "memory", groups.get("memory"))
        limits = [_number(level / "memory.limit_in_bytes") for level in memory]
    return CgroupLimits(
        cpu_quota_cores=min((quota for quota in quotas if quota is not None), default=None),
        memory_limit_bytes=min((limit for limit in limits if limit is not None), default=None),
    )


def _memberships(path: Path) -> dict[str, str]:
    """Controller to the path of its group; version 2 has the empty name."""
    groups: dict[str, str] = {}
    for line in (text_of(path) or "").splitlines():
        _, controllers, group = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), group))
    return groups


def _levels(mount: Path, group: str | None) -> Iterator[Path]:
    """The group's folder and its parents up to the mount, as far as they exist.

    Inside a container of version 1 the path is the host's and no folder here: the mount itself is the
    container's group then.
    """
    level = mount / (group or "/").lstrip("/")
    while level != mount:
        if level.is_dir():
            yield level
        level = level.parent
    yield mount


def _quota_v2(path: Path) -> float | None:
    words = (text_of(path) or "max").split()
    return None if words[0] == "max" else int(words[0]) / int(words[1])


def _quota_v1(level: Path) -> float | None:
    quota_us, period_us = _number(level / "cpu.cfs_quota_us"), _number(level / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us is not None and period_us else None


def _number(path: Path) -> int | None:
    text = text_of(path)
    # Version 1 writes -1 for no quota and version 2 "max": neither is a number of digits.
    return int(text) if text is not None and text.isdigit() else None


def text_of(path: Path) -> str | None:
    """The file's text without blanks around it; None when there is no such file, or no right to read it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
