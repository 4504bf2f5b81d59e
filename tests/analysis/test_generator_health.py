"""The limits that the generator is held to, each at its edge; the README names them all."""

import errno
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.generator_health import (
    CPU_PERCENT,
    CPU_WAIT_PERCENT,
    LOOP_LAG_US,
    SEND_LAG_US,
    SHARE_IN_USE,
    SHARE_OF_RESPONSE,
    STEAL_PERCENT,
    STEAL_WARNING_PERCENT,
    THROTTLED_PERCENT,
    WAKE_LAG_US,
    GeneratorHealth,
    own_failures,
)
from analysis.generator_reading import GeneratorReading
from analysis.histogram import Histogram
from analysis.result import Check
from analysis.validity import LEAST_ACHIEVED

README = (Path(__file__).parents[2] / "README.md").read_text().splitlines()
READING = GeneratorReading(
    worker=0,
    end_s=1.0,
    period_s=1.0,
    cpu_percent=35.0,
    cpu_wait_percent=0.5,
    throttled_percent=0.0,
    throttled_periods_percent=0.0,
    steal_percent=0.1,
    fds=60,
    fds_limit=1000,
    ports=300,
    ports_limit=1000,
    rss_bytes=9e7,
)
LAGS = {name: Histogram.of([200] * 100) for name in ("send_lag", "wake_lag", "loop_lag")}
HEALTHY = GeneratorHealth(kernel_stamps=True, lags=LAGS, readings=[READING])


def checks_of(health: GeneratorHealth) -> dict[str, Check]:
    return {vital.check.name: vital.check for vital in health.vitals()}


def invalid(health: GeneratorHealth) -> list[str]:
    return [name for name, check in checks_of(health).items() if not check.ok and check.invalidates]


def lags(name: str, lag_us: int) -> Mapping[str, Histogram]:
    return {**LAGS, name: Histogram.of([lag_us] * 100)}


def _ms(limit_us: float) -> str:
    return f"{limit_us / 1000:g} ms"


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("`send_lag`, p99", f"{_ms(SEND_LAG_US)}, or {SHARE_OF_RESPONSE['send_lag']:.0%} of the median"),
        ("`wake_lag`, p99", f"{_ms(WAKE_LAG_US)}, or {SHARE_OF_RESPONSE['wake_lag']:.0%} of it"),
        (
            "`loop_lag`, p99",
            f"{_ms(LOOP_LAG_US)}, or {SHARE_OF_RESPONSE['loop_lag']:.0%} of it; {_ms(SEND_LAG_US)} where",
        ),
        ("CPU of the busiest worker, p95", f"below {CPU_PERCENT:g}% of a core"),
        ("time that a worker was ready to run", f"{CPU_WAIT_PERCENT:g}%"),
        (
            "time that a control group kept",
            f"{THROTTLED_PERCENT:g}%; a warning from that many of its periods on",
        ),
        ("time that the hypervisor ran", f"{STEAL_PERCENT:g}%; from {STEAL_WARNING_PERCENT:g}% on a warning"),
        ("file descriptors in use", f"{SHARE_IN_USE:.0%} of those allowed"),
        ("local ports in use", f"{SHARE_IN_USE:.0%} of the range"),
        ("connections that this machine", "none"),
        ("arrivals sent of those due", f"at least {LEAST_ACHIEVED:.0%}"),
        ("workers lost", "none"),
    ],
)
def test_the_readme_names_the_limits_that_are_held_to(name: str, limit: str) -> None:
    row = next(line for line in README if line.startswith(f"| {name}"))

    assert limit in row.replace(" %", "%")


def test_a_healthy_generator_passes_every_check() -> None:
    assert all(check.ok for check in checks_of(HEALTHY).values())


AT_THE_EDGE = [
    ("send_lag", {"lags": lags("send_lag", 4_990)}, {"lags": lags("send_lag", 5_010)}),
    ("wake_lag", {"lags": lags("wake_lag", 39_950)}, {"lags": lags("wake_lag", 40_100)}),
    ("loop_lag", {"lags": lags("loop_lag", 44_950)}, {"lags": lags("loop_lag", 45_100)}),
    ("generator_cpu", {"cpu_percent": 89.9}, {"cpu_percent": 90.0}),
    ("cpu_wait", {"cpu_wait_percent": 10.0}, {"cpu_wait_percent": 10.1}),
    ("throttling", {"throttled_percent": 1.0}, {"throttled_percent": 1.1}),
    ("steal", {"steal_percent": 5.0}, {"steal_percent": 5.1}),
    ("file_descriptors", {"fds": 900.0}, {"fds": 901.0}),
    ("local_ports", {"ports": 900.0}, {"ports": 901.0}),
    ("own_failures", {"own_failures": ()}, {"own_failures": ("Too many open files",)}),
]


def changed(change: Mapping[str, object]) -> GeneratorHealth:
    if change.keys() & {"lags", "own_failures"}:
        return replace(HEALTHY, **change)  # type: ignore[arg-type]  # one of two fields
    return replace(HEALTHY, readings=[replace(READING, **change)])  # type: ignore[arg-type]  # one field


@pytest.mark.parametrize(("name", "at", "beyond"), AT_THE_EDGE, ids=[case[0] for case in AT_THE_EDGE])
def test_what_is_at_its_limit_is_valid_and_what_is_beyond_is_not(
    name: str, at: dict[str, object], beyond: dict[str, object]
) -> None:
    assert invalid(changed(at)) == []
    assert invalid(changed(beyond)) == [name]
    check = checks_of(changed(beyond))[name]
    assert check.value != check.limit
    assert len(check.text) > 20


def test_every_check_has_an_edge() -> None:
    assert [name for name, _, _ in AT_THE_EDGE] == list(checks_of(HEALTHY))


def test_some_steal_is_a_warning() -> None:
    """A shared machine often has a little, and p95 does not show it."""
    for percent, is_ok in ((STEAL_WARNING_PERCENT, True), (STEAL_WARNING_PERCENT + 0.1, False)):
        check = checks_of(changed({"steal_percent": percent}))["steal"]
        assert check.ok is is_ok
    assert not check.invalidates
    assert "above 5 %" in check.text


def test_many_throttled_periods_are_a_warning() -> None:
    """How long they lasted is not always counted; the lags tell whether it did harm."""
    for percent, is_ok in ((THROTTLED_PERCENT, True), (THROTTLED_PERCENT + 0.1, False)):
        check = checks_of(changed({"throttled_periods_percent": percent}))["throttling"]
        assert check.ok is is_ok
    assert not check.invalidates
    assert check.value == "0 %, 1.1 % of periods"


def test_what_the_system_does_not_tell_is_a_warning() -> None:
    """Fail closed where something was always recorded; but no system has everything."""
    unknown = dict.fromkeys(
        ("cpu_wait_percent", "throttled_percent", "steal_percent", "fds", "fds_limit", "ports", "ports_limit")
    )
    checks = checks_of(replace(HEALTHY, readings=[replace(READING, **unknown)]))  # type: ignore[arg-type]  # None each

    warned = {name for name, check in checks.items() if not check.ok}
    assert warned == {"cpu_wait", "steal", "file_descriptors", "local_ports"}
    assert not any(checks[name].invalidates for name in warned)
    assert checks["throttling"].text == "no control group limits the generator's CPU"


def test_lags_and_cpu_that_were_not_recorded_make_a_run_invalid() -> None:
    bare = GeneratorHealth(kernel_stamps=True, lags={}, readings=[])

    assert invalid(bare) == ["send_lag", "wake_lag", "loop_lag", "generator_cpu"]


def test_without_kernel_stamps_the_loop_must_be_as_punctual_as_sends() -> None:
    late = {"lags": lags("loop_lag", 5_010)}

    assert invalid(changed(late)) == []
    assert invalid(replace(changed(late), kernel_stamps=False)) == ["loop_lag"]
    assert "wake_lag" not in checks_of(replace(HEALTHY, kernel_stamps=False))


def test_no_limit_on_descriptors_is_none_to_come_near_to() -> None:
    check = checks_of(changed({"fds": 5_000.0, "fds_limit": None}))["file_descriptors"]

    assert not check.invalidates


def test_shares_are_weighed_by_time_and_the_worst_worker_counts() -> None:
    """9 s at 10 % and 3 s at 14 % are 11 %; a worker that is well off does not make up for it."""
    readings = [
        replace(READING, period_s=9.0, cpu_wait_percent=10.0),
        replace(READING, period_s=3.0, cpu_wait_percent=14.0),
        replace(READING, worker=1, period_s=12.0, cpu_wait_percent=0.0),
    ]

    check = checks_of(replace(HEALTHY, readings=readings))["cpu_wait"]

    assert check.value == "11 %"


def test_a_reading_of_a_few_milliseconds_says_nothing_about_the_cpu() -> None:
    readings = [*[READING] * 5, replace(READING, period_s=0.01, cpu_percent=100.0)]

    assert checks_of(replace(HEALTHY, readings=readings))["generator_cpu"].value == "35 %"


def test_connections_that_fail_for_want_of_something_here_are_told_apart() -> None:
    exemplars = [
        {"failure": "connect", "detail": "Connection refused"},
        {"failure": "connect", "detail": os.strerror(errno.EADDRNOTAVAIL)},
        {"failure": "connect", "detail": os.strerror(errno.EMFILE)},
        {"failure": "validation", "detail": os.strerror(errno.ENFILE)},
    ]

    assert own_failures(exemplars) == (os.strerror(errno.EADDRNOTAVAIL), os.strerror(errno.EMFILE))
