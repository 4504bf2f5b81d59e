"""Numbers as people read them."""

import pytest

from reports.quantity import change, clock_time, quantity, stretch, three_digits, tick, unequal, whole


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (842.4, "us", "842 µs"),
        (999.4, "us", "999 µs"),
        (999.6, "us", "1.00 ms"),
        (12_345.0, "us", "12.3 ms"),
        (1_004_000.0, "us", "1.00 s"),
        (0.0, "us", "0 µs"),
        (0.00373, "ratio", "0.373 %"),
        (98.0, "percent", "98.0 %"),
        (41.66, "MB/h", "41.7 MB/h"),
        (1_234_567_890.0, "bytes", "1.23 GB"),
        (41.15, "1/s", "41.1/s"),
        (-0.5, "MB/h", "\u22120.500 MB/h"),
        (None, "us", "\u2013"),
        (float("inf"), "x", "\u2013 x"),
    ],
)
def test_a_quantity_has_three_digits_and_a_fitting_unit(value: float | None, unit: str, wanted: str) -> None:
    assert quantity(value, unit).replace("\u202f", " ") == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.0, "0"),
        (0.000_123_4, "0.000123"),
        (0.000_012_34, "1.23e\u221205"),
        (9.996, "10.0"),
        (1234.5, "1230"),
        (12_345.0, "12 300"),
        (9.9e12, "9.90e+12"),
    ],
)
def test_three_significant_digits(value: float, wanted: str) -> None:
    assert three_digits(value).replace("\u202f", " ") == wanted


def test_ticks_have_no_zeros_behind_the_point() -> None:
    assert [tick(value) for value in (0.0, 2.5, 40.0, 0.25, 1000.0)] == ["0", "2.5", "40", "0.25", "1000"]


def test_large_ticks_are_short() -> None:
    assert [tick(value) for value in (25_000.0, 150e6, 2.5e9)] == ["25k", "150M", "2.5G"]


@pytest.mark.parametrize(
    ("value", "limit", "wanted"),
    [
        (1_004_000.0, 1_000_000.0, ("1.004 s", "1.00 s")),
        (1_000_040.0, 1_000_000.0, ("1.00004 s", "1.00 s")),
        (324_000.0, 1_000_000.0, ("324 ms", "1.00 s")),
        (1_000_000.0, 1_000_000.0, ("1.00 s", "1.00 s")),
        (None, 1_000_000.0, ("\u2013", "1.00 s")),
    ],
)
def test_a_value_beyond_its_limit_never_reads_like_the_limit(
    value: float | None, limit: float, wanted: tuple[str, str]
) -> None:
    found = unequal(value, limit, "us")

    assert tuple(text.replace("\u202f", " ") for text in found) == wanted


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (0.1832, "us", "+18.3 %"),
        (-0.148, "us", "\u221214.8 %"),
        (0.0012, "us", "+0.12 %"),
        (0.0164, "ratio", "+1.64 points"),
        (0.0, "us", "0.0 %"),
        (4.387, "us", "+438.7 %"),
        (None, "us", "\u2013"),
    ],
)
def test_a_change_is_percent_and_that_of_a_ratio_percentage_points(
    value: float | None, unit: str, wanted: str
) -> None:
    assert change(value, unit).replace("\u202f", " ") == wanted


def test_times_of_the_run() -> None:
    assert [clock_time(value) for value in (0, 75, 3725)] == ["0:00", "1:15", "1:02:05"]
    assert [stretch(value).replace("\u202f", " ") for value in (6.0, 41.5, 90, 3600)] == [
        "6 s",
        "41.5 s",
        "1 min 30 s",
        "1 h",
    ]
    assert whole(20_572).replace("\u202f", " ") == "20 572"
