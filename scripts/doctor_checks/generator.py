"""Checks the machine that makes the load: descriptors, ports, clock, cores and calibration."""

import os
import resource
from datetime import UTC, datetime
from pathlib import Path

from analysis.calibration import read_calibration
from analysis.environment import read_environment
from locustfiles.load.calibration_copy import own_calibration, why_unfit
from locustfiles.load.local_ports import local_port_range, time_wait
from locustfiles.load.stamp import kernel_stamps_work
from scripts.doctor_checks.check import Area, Check, State
from scripts.sidecar.cgroup import Cgroup
from scripts.sidecar.watched import is_this_host

# One descriptor a connection. Locust raises the soft limit to this figure where the hard one allows it.
_WANTED_FILES = 10_000
_WANTED_PORTS = 10_000


def check_generator(base_url: str, proc: Path = Path("/proc")) -> list[Check]:
    return [_check_files(), _check_ports(proc), _check_stamps(), _check_cores(base_url), _check_calibration()]


def _check_files() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reachable = _WANTED_FILES if hard == resource.RLIM_INFINITY else max(soft, hard)
    found = f"{soft}, can be raised to {'any number' if hard == resource.RLIM_INFINITY else hard}"
    if reachable < _WANTED_FILES:
        return _warning("open files", found, f"allow more connections at once: ulimit -n {_WANTED_FILES}")
    return _ok("open files", found)


def _check_ports(proc: Path) -> Check:
    found_range = local_port_range(proc)
    if found_range is None:
        return _warning(
            "local ports", "the range cannot be read", "expect no more than a few thousand connections"
        )
    first, last = found_range
    count, waiting = last - first + 1, time_wait(proc)
    found = f"{count} ({first} to {last})" + ("" if waiting is None else f", {waiting} in TIME_WAIT")
    if count < _WANTED_PORTS:
        return _warning("local ports", found, 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"')
    if waiting is not None and waiting > count // 2:
        return _warning("local ports", found, "wait a minute: another load has used up most of the ports")
    return _ok("local ports", found)


def _check_stamps() -> Check:
    if kernel_stamps_work():
        return _ok("receive timestamps", "from the kernel")
    return _warning(
        "receive timestamps",
        "from user space only",
        "run on Linux: without the kernel's stamps a busy generator adds its own delay to latencies",
    )


def _check_cores(base_url: str) -> Check:
    cores = os.cpu_count() or 1
    quota = Cgroup().read().cpu_quota_cores
    found = f"{cores}" if quota is None else f"{cores}, of which this control group may use {quota:g}"
    if not is_this_host(base_url):
        return _ok("cores", found)
    found += "; the service runs on this machine, too"
    if (cores if quota is None else quota) < 2:
        return _warning("cores", found, "load from another machine: both would compete for one core")
    return _ok("cores", found)


def _check_calibration() -> Check:
    environment = read_environment()
    path = own_calibration(environment, os.environ)
    now_utc = datetime.now(UTC).isoformat()
    unfit = why_unfit(path, environment, now_utc)
    if unfit is not None:
        advice = "until then no run says how far off its own figures may be"
        return _warning("calibration", unfit, advice) if path.exists() else _ok("calibration", unfit)
    calibration = read_calibration(path)
    rate, streams = calibration.trusted_rate, calibration.trusted_streams
    found = (
        f"a worker is trusted up to {rate.rate_per_s if rate else 0:.0f} requests/s and "
        f"{streams.streams if streams else 0} streams; {calibration.age_days(now_utc):.0f} days old"
    )
    if rate is None or streams is None:
        advice = "make it again when nothing else runs here: plimsoll calibrate"
        return _warning("calibration", found, advice)
    return _ok("calibration", found)


def _ok(name: str, found: str) -> Check:
    return Check(Area.GENERATOR, name, State.OK, found)


def _warning(name: str, found: str, advice: str) -> Check:
    return Check(Area.GENERATOR, name, State.WARNING, found, advice)
