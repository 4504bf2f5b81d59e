"""Limits that the captured trees of `test_environment` do not show."""

from pathlib import Path

import pytest

from analysis.cgroup_limits import CgroupLimits, Throttling, control_group, read_cgroup_limits

QUOTA_V1 = {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}


def host(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def test_version_1_writes_no_limit_as_a_huge_number(tmp_path: Path) -> None:
    files = {"memory/memory.limit_in_bytes": "9223372036854771712", **QUOTA_V1}
    host(tmp_path, "4:memory:/\n2:cpu:/", {f"sys/fs/cgroup/{name}": text for name, text in files.items()})

    assert read_cgroup_limits(tmp_path) == CgroupLimits(None, None)


@pytest.mark.parametrize("group", ["/system.slice/gone.scope", "/../../system.slice", "/system.slice"])
def test_a_group_without_a_folder_has_the_limits_of_those_above_it(tmp_path: Path, group: str) -> None:
    """As when the process is in another namespace of control groups, or its group was removed."""
    files = {
        "cgroup.controllers": "cpu memory",
        "memory.max": "4000000",
        "system.slice/memory.max": "3000000",
        "system.slice/cpu.max": "150000 100000",
    }
    host(tmp_path, f"0::{group}", {f"sys/fs/cgroup/{name}": text for name, text in files.items()})

    assert read_cgroup_limits(tmp_path) == CgroupLimits(1.5, 3_000_000)


def test_of_equal_limits_the_outer_one_counts(tmp_path: Path) -> None:
    """It holds more, so it is full first."""
    files = {"cgroup.controllers": "", "a/memory.max": "3000", "a/b/memory.max": "3000"}
    root = host(tmp_path, "0::/a/b", {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    group = control_group(root / "proc/self", root / "sys/fs/cgroup")

    assert group.memory_limit() == (3000, root / "sys/fs/cgroup/a")


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        (
            "0::/a",
            {
                "cgroup.controllers": "cpu",
                "cpu.stat": "usage_usec 9",
                "a/cpu.stat": "usage_usec 7\nnr_periods 5\nnr_throttled 2\nthrottled_usec 1500",
            },
        ),
        (
            "3:cpu,cpuacct:/a",
            {
                "cpu/cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_time 0",
                "cpu/a/cpu.stat": "nr_periods 5\nnr_throttled 2\nthrottled_time 1500999",
            },
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_throttling_is_that_of_the_group_and_those_above(
    tmp_path: Path, groups: str, files: dict[str, str]
) -> None:
    root = host(tmp_path, groups, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})

    group = control_group(root / "proc/self", root / "sys/fs/cgroup")

    assert group.throttling(path.read_text() for path in group.cpu_stats) == Throttling(1500, 2, 5)


def test_without_control_over_the_cpu_nothing_is_throttled(tmp_path: Path) -> None:
    """The outermost group of version 2 has no such counts."""
    files = {"cgroup.controllers": "cpu", "cpu.stat": "usage_usec 9"}
    root = host(tmp_path, "0::/", {f"sys/fs/cgroup/{name}": text for name, text in files.items()})

    group = control_group(root / "proc/self", root / "sys/fs/cgroup")

    assert group.throttling(path.read_text() for path in group.cpu_stats) is None
