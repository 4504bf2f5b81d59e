"""How much of the CPU this process got, and what kept it from more."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from analysis.cgroup_limits import Throttling, control_group
from locustfiles.load.kept_file import KeptFile

_TICK_FIELDS = 8
"""user nice system idle iowait irq softirq steal. Guest time, behind them, is in user, too."""


@dataclass(frozen=True, slots=True)
class CpuShares:
    """Percent of the time between two readings; None where this system does not tell."""

    used: float
    """Of one core, all threads together."""
    waited: float | None
    """The main thread, which the event loop runs in, was ready and another one had its core."""
    throttled: float | None
    """A control group kept it from running: at most so long, as the kernel adds up all cores."""
    throttled_periods: float | None
    """Of the control group's periods, those in which it did so."""
    stolen: float | None
    """The hypervisor ran something else on the cores that this process may use."""


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """The kernel's counters at one moment."""

    at_ns: int
    used_ns: int
    waited_ns: int | None
    throttling: Throttling | None
    stolen_ticks: int | None
    all_ticks: int | None

    def since(self, before: "CpuTimes") -> CpuShares:
        elapsed_ns = self.at_ns - before.at_ns
        throttled = throttled_periods = None
        if self.throttling is not None and before.throttling is not None:
            now, then = self.throttling, before.throttling
            throttled = _percent(now.time_us, then.time_us, elapsed_ns / 1000)
            throttled_periods = _percent(now.times, then.times, now.periods - then.periods)
        return CpuShares(
            used=_percent(self.used_ns, before.used_ns, elapsed_ns) or 0.0,
            waited=_percent(self.waited_ns, before.waited_ns, elapsed_ns),
            throttled=throttled,
            throttled_periods=throttled_periods,
            stolen=_percent(
                self.stolen_ticks, before.stolen_ticks, (self.all_ticks or 0) - (before.all_ticks or 0)
            ),
        )


class CpuMeter:
    """Reads them."""

    def __init__(self, proc: Path = Path("/proc"), mount: Path = Path("/sys/fs/cgroup")) -> None:
        self._group = control_group(proc / "self", mount)
        self._throttling = [KeptFile(path) for path in self._group.cpu_stats]
        self._waiting = KeptFile(proc / "self/schedstat")
        self._ticks = KeptFile(proc / "stat")

    def read(self) -> CpuTimes:
        """Takes about 50 us."""
        stolen, ticks = _ticks(self._ticks.text() or "")
        return CpuTimes(
            at_ns=time.monotonic_ns(),
            used_ns=time.process_time_ns(),
            waited_ns=_waited_ns(self._waiting.text() or ""),
            throttling=self._group.throttling([file.text() or "" for file in self._throttling]),
            stolen_ticks=stolen,
            all_ticks=ticks,
        )

    def close(self) -> None:
        """Give the files back."""
        for file in (*self._throttling, self._waiting, self._ticks):
            file.close()


def _percent(now: int | None, before: int | None, whole: float) -> float | None:
    if now is None or before is None:
        return None
    return round(100 * max(0, now - before) / whole, 2) if whole > 0 else 0.0


def _waited_ns(text: str) -> int | None:
    """Time on the run queue: the second of three numbers (Documentation/scheduler/sched-stats.rst)."""
    words = text.split()
    return int(words[1]) if len(words) == 3 else None


def _ticks(text: str) -> tuple[int | None, int | None]:
    """Stolen and all clock ticks of the cores that this process may run on."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    own = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    stolen = total = 0
    for line in text.splitlines():
        name, *fields = line.split()
        if not name.startswith("cpu"):
            break
        if name in own:
            ticks = [int(field) for field in fields[:_TICK_FIELDS]]
            stolen += ticks[-1]
            total += sum(ticks)
    return (stolen, total) if total else (None, None)
