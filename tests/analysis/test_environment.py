"""Where a run took place is read from captured trees: a container of version 2, an ARM host of version 1."""

import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from analysis.cgroup_limits import CgroupLimits, read_cgroup_limits
from analysis.environment import Environment, differing_keys, env8_of, read_environment

HOSTS = Path(__file__).parent.parent / "data" / "hosts"


def test_a_container_is_read_with_its_limits_and_its_machine() -> None:
    hard = read_environment(HOSTS / "v2").hard

    assert {key: value for key, value in hard.items() if key not in ("python", "plimsoll", "locust")} == {
        "cpu_model": "AMD EPYC 7763 64-Core Processor",
        "cpu_cores": 3,
        "cpu_quota_cores": 2.0,
        "memory_total_gib": 6,
        "memory_limit_bytes": 1_610_612_736,
        "gpus": ["NVIDIA L4"],
        "gpu_driver": "550.127.05",
        "machine_type": "g6.xlarge",
        "kernel": "6.8",
        "os_image": "ubuntu 24.04",
    }


def test_a_host_that_says_less_has_none_in_place_of_it() -> None:
    environment = read_environment(HOSTS / "v1")

    assert environment.hard["cpu_model"] == "implementer 0x41 part 0xd0c"
    assert environment.hard["cpu_cores"] == 4
    assert environment.hard["cpu_quota_cores"] == 1.5
    assert environment.hard["memory_limit_bytes"] is None
    assert environment.hard["machine_type"] is None
    assert environment.hard["os_image"] == "arch rolling"
    assert environment.soft["host_id"] is None
    assert environment.ignored["load1"] is None


def test_an_empty_tree_is_an_environment_of_nothing(tmp_path: Path) -> None:
    hard = read_environment(tmp_path).hard

    assert (hard["cpu_model"], hard["cpu_cores"], hard["memory_total_gib"]) == (None, None, None)


def test_versions_are_those_that_are_installed() -> None:
    environment = read_environment()

    assert environment.soft["locust_version"] == metadata.version("locust")
    assert str(environment.soft["python_version"]).startswith(str(environment.hard["python"]))


def test_this_machine_can_be_read() -> None:
    environment = read_environment()

    assert environment.hard["cpu_cores"]
    assert environment.hard["memory_total_gib"]
    assert len(environment.env8) == 8


def test_the_machine_id_is_never_shown() -> None:
    assert "b08dfa60" not in str(read_environment(HOSTS / "v2"))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("proc/sys/kernel/hostname", "another"),
        ("proc/sys/kernel/random/boot_id", "another"),
        ("proc/loadavg", "9.99 1 1"),
        ("proc/sys/kernel/osrelease", "6.8.0-99-generic"),
        ("etc/machine-id", "another"),
        ("proc/meminfo", "MemTotal: 5915000 kB"),
    ],
)
def test_what_changes_from_boot_to_boot_leaves_the_hash_alone(tmp_path: Path, file: str, text: str) -> None:
    shutil.copytree(HOSTS / "v2", tmp_path / "host")
    (tmp_path / "host" / file).write_text(text)

    assert read_environment(tmp_path / "host").env8 == read_environment(HOSTS / "v2").env8


@pytest.mark.parametrize(
    ("file", "text", "key"),
    [
        ("proc/cpuinfo", "model name : Another", "cpu_model"),
        ("proc/self/status", "Cpus_allowed_list: 0", "cpu_cores"),
        ("sys/fs/cgroup/system.slice/docker-1f.scope/cpu.max", "100000 100000", "cpu_quota_cores"),
        ("sys/fs/cgroup/system.slice/memory.max", "1000000", "memory_limit_bytes"),
        ("proc/meminfo", "MemTotal: 9915000 kB", "memory_total_gib"),
        ("proc/sys/kernel/osrelease", "6.9.0", "kernel"),
        ("etc/os-release", "ID=debian\nVERSION_ID=12", "os_image"),
        ("sys/class/dmi/id/product_name", "g6.2xlarge", "machine_type"),
        ("sys/module/nvidia/version", "560", "gpu_driver"),
    ],
)
def test_what_changes_performance_changes_the_hash(tmp_path: Path, file: str, text: str, key: str) -> None:
    shutil.copytree(HOSTS / "v2", tmp_path / "host")
    (tmp_path / "host" / file).write_text(text)
    old, new = read_environment(HOSTS / "v2"), read_environment(tmp_path / "host")

    assert old.env8 != new.env8
    assert differing_keys(old.hard, new.hard) == (key,)


def test_a_key_that_one_side_lacks_differs() -> None:
    assert differing_keys({"a": None, "b": 1}, {"b": 1}) == ("a",)


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    environment = Environment({"a": 1, "b": 2}, {}, {})

    assert replace(environment, hard={"b": 2, "a": 1}).env8 == environment.env8 == env8_of({"a": 1, "b": 2})


def test_a_limit_above_the_memory_of_the_host_is_none(tmp_path: Path) -> None:
    shutil.copytree(HOSTS / "v2", tmp_path / "host")
    scope = tmp_path / "host/sys/fs/cgroup/system.slice/docker-1f.scope"
    (scope / "memory.max").write_text("64000000000\n")

    assert read_cgroup_limits(tmp_path / "host").memory_limit_bytes == 64_000_000_000
    assert read_environment(tmp_path / "host").hard["memory_limit_bytes"] is None


def test_a_host_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    assert read_cgroup_limits(tmp_path) == CgroupLimits(None, None)
