"""Limits of the machine that makes the load, read from captured trees."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.calibration import Calibration, calibration_path, write_calibration
from analysis.environment import read_environment
from locustfiles.load.calibration_copy import VARIABLE
from scripts.doctor_checks.check import Check, State
from scripts.doctor_checks.generator import check_generator
from tests.calibration_builder import built_calibration


def local_ports(proc: Path, ports: str | None, in_time_wait: int) -> Check:
    (proc / "net").mkdir(parents=True)
    (proc / "net/sockstat").write_text(
        f"sockets: used 270\nTCP: inuse 5 orphan 0 tw {in_time_wait} alloc 9 mem 2\nUDP: inuse 1 mem 1\n"
    )
    (proc / "sys/net/ipv4").mkdir(parents=True)
    if ports is not None:
        (proc / "sys/net/ipv4/ip_local_port_range").write_text(ports)
    checks = check_generator("http://192.0.2.1", proc)
    return next(check for check in checks if check.name == "local ports")


@pytest.mark.parametrize(
    ("ports", "in_time_wait", "state", "found"),
    [
        ("32768\t60999\n", 12, State.OK, "28232 (32768 to 60999), 12 in TIME_WAIT"),
        ("50000\t52000\n", 0, State.WARNING, "2001 (50000 to 52000), 0 in TIME_WAIT"),
        ("32768\t60999\n", 20_000, State.WARNING, "28232 (32768 to 60999), 20000 in TIME_WAIT"),
        (None, 0, State.WARNING, "the range cannot be read"),
    ],
)
def test_too_few_local_ports_are_doubtful(
    tmp_path: Path, ports: str | None, in_time_wait: int, state: State, found: str
) -> None:
    check = local_ports(tmp_path, ports, in_time_wait)

    assert (check.state, check.found) == (state, found)
    assert (check.advice is None) is (state is State.OK)


def test_a_service_on_the_same_machine_is_mentioned() -> None:
    near, far = (
        next(check.found for check in check_generator(url) if check.name == "cores")
        for url in ("http://127.0.0.1:1", "http://192.0.2.1")
    )

    assert near.startswith(far)
    assert near.endswith("the service runs on this machine, too")


def calibration_check() -> Check:
    return next(check for check in check_generator("http://192.0.2.1") if check.name == "calibration")


def calibrated(root: Path, days: float) -> Calibration:
    """This machine, so many days ago."""
    here = read_environment()
    created = datetime.now(UTC) - timedelta(days=days)
    made = replace(built_calibration(here.hard, here.soft), created_utc=created.isoformat())
    write_calibration(made, calibration_path(root, here.env8))
    return made


def test_the_calibration_of_this_machine_says_how_much_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    without = calibration_check()
    made = calibrated(tmp_path, 3.0)
    check = calibration_check()

    assert without.state is State.OK
    assert "has no calibration" in without.found
    assert made.trusted_rate is not None
    assert check.state is State.OK
    assert f"up to {made.trusted_rate.rate_per_s:.0f} requests/s" in check.found
    assert check.found.endswith("; 3 days old")


def test_an_old_calibration_is_doubtful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    calibrated(tmp_path, 45.0)
    check = calibration_check()

    assert check.state is State.WARNING
    assert "45 days old" in check.found
    assert check.advice is not None
