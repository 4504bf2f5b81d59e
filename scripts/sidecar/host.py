"""Reads the host's memory, swap, CPU and load, and the limits of this process's control group."""

from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.sidecar.cgroup import Cgroup
from scripts.sidecar.reading import Reading


@dataclass(frozen=True, slots=True)
class HostReading:
    """`memory_used_percent` counts what is not available, so page cache is not "used"."""

    memory_total_bytes: int | None
    memory_available_bytes: int | None
    memory_used_percent: float | None
    swap_used_bytes: int | None
    cpu_percent: float | None
    load1: float | None
    cgroup_memory_limit_bytes: int | None
    cgroup_memory_used_bytes: int | None
    cgroup_cpu_quota_cores: float | None


class Host:
    """The host, read from `/proc`; tests give a captured tree instead."""

    def __init__(self, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._cgroup = Cgroup(proc=proc, mount=cgroups)
        self._last_cpu: tuple[int, int] | None = None

    def read(self) -> Reading:
        missing: dict[str, str] = {}
        memory = self._memory(missing)
        cgroup = self._cgroup.read()
        reading = HostReading(
            memory_total_bytes=memory.get("MemTotal"),
            memory_available_bytes=memory.get("MemAvailable"),
            memory_used_percent=_used_percent(memory),
            swap_used_bytes=_difference(memory, "SwapTotal", "SwapFree"),
            cpu_percent=self._cpu_percent(missing),
            load1=self._load1(missing),
            cgroup_memory_limit_bytes=cgroup.memory_limit_bytes,
            cgroup_memory_used_bytes=cgroup.memory_used_bytes,
            cgroup_cpu_quota_cores=cgroup.cpu_quota_cores,
        )
        return Reading({"host": asdict(reading)}, missing)

    def _memory(self, missing: dict[str, str]) -> dict[str, int]:
        """Fields of `/proc/meminfo` in bytes."""
        fields: dict[str, int] = {}
        for line in self._lines("meminfo"):
            name, _, rest = line.partition(":")
            words = rest.split()
            if words and words[0].isdigit():
                fields[name] = int(words[0]) * 1024
        if "MemAvailable" not in fields:
            missing["host.memory"] = "no MemAvailable in meminfo" if fields else "meminfo unreadable"
        return fields

    def _cpu_percent(self, missing: dict[str, str]) -> float | None:
        """Share of all cores' time since the last call that was neither idle nor waiting for a disk.

        Columns of `/proc/stat`: user nice system idle iowait irq softirq steal guest guest_nice; the
        guest times are part of user and nice already (proc(5)).
        """
        for line in self._lines("stat"):
            if line.startswith("cpu "):
                times = [int(word) for word in line.split()[1:9]]
                break
        else:
            missing["host.cpu"] = "stat unreadable"
            return None
        now = (sum(times), sum(times[3:5]))
        before, self._last_cpu = self._last_cpu, now
        if before is None:
            missing["host.cpu"] = "needs two samples"
            return None
        total = now[0] - before[0]
        if total <= 0:
            missing["host.cpu"] = "no time passed"
            return None
        # Some kernels let the idle counter run backwards (proc(5)).
        return round(min(max(100.0 * (1.0 - (now[1] - before[1]) / total), 0.0), 100.0), 2)

    def _load1(self, missing: dict[str, str]) -> float | None:
        for line in self._lines("loadavg"):
            return float(line.split()[0])
        missing["host.load1"] = "loadavg unreadable"
        return None

    def _lines(self, name: str) -> list[str]:
        try:
            return (self._proc / name).read_text().splitlines()
        except OSError:
            return []


def _used_percent(memory: dict[str, int]) -> float | None:
    used = _difference(memory, "MemTotal", "MemAvailable")
    return None if used is None or not memory["MemTotal"] else round(100.0 * used / memory["MemTotal"], 3)


def _difference(memory: dict[str, int], whole: str, rest: str) -> int | None:
    return memory[whole] - memory[rest] if whole in memory and rest in memory else None
