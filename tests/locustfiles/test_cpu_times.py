"""How much of the CPU this process got, from captured counters and from the kernel of this machine."""

import os
from pathlib import Path

from locustfiles.load.cpu_times import CpuMeter, CpuTimes


def times(root: Path, *, waited_ns: int, stolen: int, throttled_us: int, idle: int) -> CpuTimes:
    core = min(os.sched_getaffinity(0))
    files = {
        "proc/self/cgroup": "0::/a\n",
        "proc/self/schedstat": f"900 {waited_ns} 7\n",
        # Another core's figures are larger than all of ours; guest time is part of user time.
        "proc/stat": f"cpu  1 2 3\ncpu{core} 10 0 5 {idle} 0 0 0 {stolen} 10 0\n"
        "cpu9999 0 0 0 0 0 0 0 9999 0 0\nintr 1 2 3\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu\n",
        "sys/fs/cgroup/a/cpu.stat": f"nr_periods {stolen}\nnr_throttled 3\nthrottled_usec {throttled_us}\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return CpuMeter(root / "proc", root / "sys/fs/cgroup").read()


def test_shares_are_of_the_time_between_two_readings(tmp_path: Path) -> None:
    before = times(tmp_path, waited_ns=1_000, stolen=40, throttled_us=500, idle=945)
    after = times(tmp_path, waited_ns=1_000 + (1 << 40), stolen=45, throttled_us=500 + (1 << 30), idle=1040)
    shares = after.since(before)

    assert shares.stolen == 5.0  # 5 of 100 ticks
    assert shares.waited is not None
    assert shares.throttled is not None
    assert shares.throttled_periods == 0.0
    elapsed_ns = after.at_ns - before.at_ns
    assert abs(shares.waited / (100 * (1 << 40) / elapsed_ns) - 1) < 0.001
    assert abs(shares.throttled / (100 * (1 << 30) * 1000 / elapsed_ns) - 1) < 0.001


def test_what_the_system_does_not_tell_is_unknown(tmp_path: Path) -> None:
    meter = CpuMeter(tmp_path, tmp_path)
    before = meter.read()
    shares = meter.read().since(before)

    assert shares.waited is shares.throttled is shares.throttled_periods is shares.stolen is None
    assert shares.used >= 0


def test_a_busy_process_uses_its_core_or_waits_for_it() -> None:
    meter = CpuMeter()
    before = meter.read()
    while meter.read().at_ns - before.at_ns < 200_000_000:
        pass
    shares = meter.read().since(before)
    meter.close()

    assert shares.waited is not None
    assert shares.stolen is not None
    assert 80 < shares.used + shares.waited + shares.stolen < 125
