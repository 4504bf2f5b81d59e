"""Readings of a generator about itself, whole, old and strange."""

from typing import Any

from analysis.generator_reading import generator_readings

START_NS = 1_000_000_000_000
WHOLE = {
    "t_utc_ns": START_NS + 3_000_000_000,
    "source": "generator",
    "worker": 2,
    "period_s": 0.5,
    "cpu_percent": 12.5,
    "cpu_wait_percent": None,
    "fds": 40,
}


def test_a_reading_tells_of_the_time_before_it() -> None:
    (reading,) = generator_readings([WHOLE, {"t_utc_ns": 1, "source": "sidecar"}], START_NS, 1)

    assert (reading.worker, reading.end_s, reading.period_s, reading.middle_s) == (2, 3.0, 0.5, 2.75)
    assert (reading.cpu_percent, reading.cpu_wait_percent, reading.fds) == (12.5, None, 40.0)


def test_what_is_no_number_is_unknown() -> None:
    """A run of an older version has fewer fields, and its readings told of a slice each."""
    strange: dict[str, Any] = {**WHOLE, "worker": "a", "cpu_percent": True, "fds": "many", "ports": [1]}
    del strange["period_s"]

    (reading,) = generator_readings([strange], START_NS, 2)

    assert (reading.worker, reading.period_s) == (0, 2.0)
    assert reading.cpu_percent is reading.fds is reading.ports is reading.steal_percent is None
