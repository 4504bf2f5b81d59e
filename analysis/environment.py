"""The kind of machine and software that a run took place on.

Two runs are comparable only when their hard keys are equal. Soft keys are worth a warning. Ignored keys
change from boot to boot or from minute to minute, and are kept for people.
"""

import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from math import ceil
from pathlib import Path

from pydantic import JsonValue

from analysis.canonical import canonical_sha256
from analysis.cgroup_limits import read_cgroup_limits, text_of

GIB = 1024**3
KIB = 1024

Keys = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Environment:
    """Three groups of keys; what cannot be read is None in its group, never left out."""

    hard: Keys
    soft: Keys
    ignored: Keys

    @property
    def env8(self) -> str:
        """Eight digits that stand for the hard keys, in the names of baselines."""
        return env8_of(self.hard)


def env8_of(hard: Keys) -> str:
    """The first eight digits of the hash of hard keys."""
    return canonical_sha256(hard)[:8]


def differing_keys(a: Keys, b: Keys) -> tuple[str, ...]:
    """The keys of a group whose values differ or that one side lacks, sorted."""
    missing = object()
    return tuple(key for key in sorted({*a, *b}) if a.get(key, missing) != b.get(key, missing))


def read_environment(root: Path = Path("/")) -> Environment:
    """The environment of this process, as the files below the root and the installed packages say."""
    cpu = _cpu(root)
    limits = read_cgroup_limits(root)
    total_bytes = _memory_total_bytes(root)
    limit_bytes = limits.memory_limit_bytes
    limited = limit_bytes is not None and (total_bytes is None or limit_bytes < total_bytes)
    kernel = text_of(root / "proc/sys/kernel/osrelease")
    return Environment(
        hard={
            "cpu_model": cpu.get("model name"),
            "cpu_cores": _allowed_cores(root),
            "cpu_quota_cores": limits.cpu_quota_cores,
            # Rounded up, as kernels keep a little for themselves and not always the same amount.
            "memory_total_gib": None if total_bytes is None else ceil(total_bytes / GIB),
            "memory_limit_bytes": limit_bytes if limited else None,
            "gpus": [*_gpus(root)],
            "gpu_driver": text_of(root / "sys/module/nvidia/version"),
            "machine_type": text_of(root / "sys/class/dmi/id/product_name"),
            "kernel": _leading(kernel, 2),
            "os_image": _os_image(root),
            "python": _leading(platform.python_version(), 2),
            "plimsoll": _leading(_installed("plimsoll"), 1),
            "locust": _leading(_installed("locust"), 1),
        },
        soft={
            "kernel_release": kernel,
            "python_version": platform.python_version(),
            "plimsoll_version": _installed("plimsoll"),
            "locust_version": _installed("locust"),
            "gevent_version": _installed("gevent"),
            "host_id": _host_id(root),
        },
        ignored={
            "hostname": text_of(root / "proc/sys/kernel/hostname"),
            "boot_id": text_of(root / "proc/sys/kernel/random/boot_id"),
            "cpu_mhz": _number(cpu.get("cpu MHz")),
            "memory_total_bytes": total_bytes,
            "load1": _number((text_of(root / "proc/loadavg") or "").partition(" ")[0]),
        },
    )


def _cpu(root: Path) -> dict[str, str]:
    """The first processor's fields; ARM kernels name no model, only numbers for it."""
    fields: dict[str, str] = {}
    for line in (text_of(root / "proc/cpuinfo") or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    if "model name" not in fields and "CPU part" in fields:
        fields["model name"] = f"implementer {fields.get('CPU implementer')} part {fields['CPU part']}"
    return fields


def _allowed_cores(root: Path) -> int | None:
    """The processors that this process may run on, which may be fewer than the machine has."""
    ranges = _colon_field(root / "proc/self/status", "Cpus_allowed_list")
    if not ranges:
        return None
    cores = 0
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        cores += int(last or first) - int(first) + 1
    return cores


def _memory_total_bytes(root: Path) -> int | None:
    total = _colon_field(root / "proc/meminfo", "MemTotal")
    return int(total.split()[0]) * KIB if total else None


def _gpus(root: Path) -> Iterator[str]:
    for information in sorted(root.glob("proc/driver/nvidia/gpus/*/information")):
        yield _colon_field(information, "Model") or "unknown"


def _os_image(root: Path) -> str | None:
    text = text_of(root / "etc/os-release") or text_of(root / "usr/lib/os-release")
    if text is None:
        return None
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            fields[name] = value.strip("\"'")
    return f"{fields.get('ID', 'linux')} {fields.get('VERSION_ID', 'rolling')}"


def _host_id(root: Path) -> str | None:
    """Tells hosts apart without revealing the machine id, which is confidential (machine-id(5))."""
    identity = text_of(root / "etc/machine-id")
    return hashlib.sha256(f"plimsoll:{identity}".encode()).hexdigest()[:12] if identity else None


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _leading(version: str | None, parts: int) -> str | None:
    return None if version is None else ".".join(version.split(".")[:parts])


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _colon_field(path: Path, name: str) -> str | None:
    for line in (text_of(path) or "").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return None
