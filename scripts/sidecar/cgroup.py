"""Reads the memory and CPU limits of a process's control group, and how much memory the group uses."""

from dataclasses import dataclass
from pathlib import Path

from analysis.cgroup_limits import control_group, fields_of, number_in, text_of


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
        self._group = control_group(proc / ("self" if pid is None else str(pid)), mount)

    def read(self) -> CgroupReading:
        limit_bytes, level = self._group.memory_limit()
        return CgroupReading(limit_bytes, self._memory_used(level), self._group.limits().cpu_quota_cores)

    def _memory_used(self, level: Path | None) -> int | None:
        if level is None:
            return None
        is_v2 = self._group.is_v2
        used = number_in(level / ("memory.current" if is_v2 else "memory.usage_in_bytes"))
        if used is None:
            return None
        fields = fields_of(text_of(level / "memory.stat") or "")
        reclaimable = fields.get("inactive_file" if is_v2 else "total_inactive_file")
        return max(used - (reclaimable or 0), 0)
