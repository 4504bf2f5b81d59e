"""The host's figures, read from captured trees."""

from pathlib import Path
from typing import Any

import psutil
import pytest

from scripts.sidecar.host import Host

MEMINFO = """\
MemTotal:        6087340 kB
MemFree:          210344 kB
MemAvailable:     365240 kB
Buffers:           10244 kB
SwapTotal:       2097148 kB
SwapFree:        1572860 kB
"""
STAT = "cpu  4705 150 1120 16250 520 30 45 20 0 0\ncpu0 2000 75 560 8125 260 15 22 10 0 0\n"
STAT_LATER = "cpu  4765 150 1140 16360 530 30 45 20 0 0\n"
UNLIMITED_V1 = "9223372036854771712\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    root = tmp_path / "proc"
    (root / "self").mkdir(parents=True)
    (root / "meminfo").write_text(MEMINFO)
    (root / "stat").write_text(STAT)
    (root / "loadavg").write_text("1.52 0.81 0.40 2/411 3120\n")
    (root / "self" / "cgroup").write_text("0::/system.slice/rag.service\n")
    return root


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    root = tmp_path / "cgroup"
    root.mkdir()
    return root


def put(path: Path, **files: str) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text)


def host_part(host: Host) -> dict[str, Any]:
    part: dict[str, Any] = host.read().parts["host"]
    return part


def test_memory_is_used_when_it_is_not_available(proc: Path, mount: Path) -> None:
    part = host_part(Host(proc, mount))

    assert part["memory_total_bytes"] == 6_087_340 * 1024
    assert part["memory_available_bytes"] == 365_240 * 1024
    assert part["memory_used_percent"] == 94.0
    assert part["swap_used_bytes"] == (2_097_148 - 1_572_860) * 1024
    assert part["load1"] == 1.52


def test_cpu_is_what_was_busy_between_two_readings(proc: Path, mount: Path) -> None:
    """60 user and 20 system ticks of 200; 110 idle and 10 waiting for a disk are not busy."""
    host = Host(proc, mount)
    first = host.read()
    (proc / "stat").write_text(STAT_LATER)
    second = host.read()

    assert first.parts["host"]["cpu_percent"] is None
    assert first.missing == {"host.cpu": "needs two samples"}
    assert second.parts["host"]["cpu_percent"] == 40.0
    assert second.missing == {}


def test_what_cannot_be_read_is_absent_and_never_zero(tmp_path: Path, mount: Path) -> None:
    (tmp_path / "empty").mkdir()
    reading = Host(tmp_path / "empty", mount).read()

    assert set(reading.parts["host"].values()) == {None}
    assert reading.missing == {
        "host.memory": "meminfo unreadable",
        "host.cpu": "stat unreadable",
        "host.load1": "loadavg unreadable",
    }


def test_the_tightest_limit_up_to_the_root_counts_in_version_2(proc: Path, mount: Path) -> None:
    """The slice above the service is limited to less than the service itself."""
    put(mount, cgroup__controllers="cpu memory\n")
    put(
        mount / "system.slice",
        memory__max="1610612736\n",
        memory__current="1200000000\n",
        memory__stat="anon 1000000000\ninactive_file 150000000\n",
        cpu__max="max 100000\n",
    )
    put(
        mount / "system.slice" / "rag.service",
        memory__max="4294967296\n",
        memory__current="900000000\n",
        cpu__max="150000 100000\n",
    )
    part = host_part(Host(proc, mount))

    assert part["cgroup_memory_limit_bytes"] == 1_610_612_736
    assert part["cgroup_memory_used_bytes"] == 1_200_000_000 - 150_000_000
    assert part["cgroup_cpu_quota_cores"] == 1.5


def test_no_limit_in_version_2_is_absent_and_use_is_still_told(proc: Path, mount: Path) -> None:
    put(mount, cgroup__controllers="cpu memory\n")
    put(
        mount / "system.slice" / "rag.service",
        memory__max="max\n",
        memory__current="900000000\n",
        cpu__max="max 100000\n",
    )
    part = host_part(Host(proc, mount))

    assert part["cgroup_memory_limit_bytes"] is None
    assert part["cgroup_memory_used_bytes"] == 900_000_000
    assert part["cgroup_cpu_quota_cores"] is None


def test_version_1_in_a_container_is_read_at_the_mount(proc: Path, mount: Path) -> None:
    """There the path is the host's and does not exist below the container's mount."""
    (proc / "self" / "cgroup").write_text("4:memory:/docker/0a1b\n2:cpu,cpuacct:/docker/0a1b\n")
    put(
        mount / "memory",
        memory__limit_in_bytes="536870912\n",
        memory__usage_in_bytes="300000000\n",
        memory__stat="total_inactive_file 100000000\n",
    )
    put(mount / "cpu", cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="100000\n")
    part = host_part(Host(proc, mount))

    assert part["cgroup_memory_limit_bytes"] == 536_870_912
    assert part["cgroup_memory_used_bytes"] == 200_000_000
    assert part["cgroup_cpu_quota_cores"] == 0.5


def test_version_1_writes_no_limit_as_a_huge_number(proc: Path, mount: Path) -> None:
    (proc / "self" / "cgroup").write_text("4:memory:/\n2:cpu:/\n")
    put(mount / "memory", memory__limit_in_bytes=UNLIMITED_V1, memory__usage_in_bytes="300000000\n")
    put(mount / "cpu", cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n")
    part = host_part(Host(proc, mount))

    assert part["cgroup_memory_limit_bytes"] is None
    assert part["cgroup_memory_used_bytes"] == 300_000_000
    assert part["cgroup_cpu_quota_cores"] is None


def test_this_hosts_memory_is_what_psutil_says() -> None:
    part = host_part(Host())
    memory = psutil.virtual_memory()

    assert part["memory_total_bytes"] == memory.total
    assert part["memory_available_bytes"] == pytest.approx(memory.available, rel=0.1)
