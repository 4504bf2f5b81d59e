"""Samples come from any program that prints JSON lines, so each line is checked."""

import pytest

from analysis.sample import parse_sample


def test_a_sample_keeps_everything_it_came_with() -> None:
    sample = parse_sample(b'{"t_utc_ns":5,"source":"generator","worker":1,"cpu_percent":12.5,"new":[1]}')

    assert sample == {"t_utc_ns": 5, "source": "generator", "worker": 1, "cpu_percent": 12.5, "new": [1]}


def test_a_sample_without_source_is_the_sidecars() -> None:
    assert parse_sample(b'{"t_utc_ns":5}') == {"t_utc_ns": 5, "source": "sidecar"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "Expecting value"),
        (b"3", "JSON object with t_utc_ns"),
        (b"{}", "JSON object with t_utc_ns"),
        (b'{"t_utc_ns":"5"}', "JSON object with t_utc_ns"),
        (b'{"t_utc_ns":5,"source":"moon"}', "moon"),
        (b'{"t_utc_ns":5,"prometheus":{"rate":NaN}}', "finite number was wanted, found NaN"),
        (b'{"t_utc_ns":5,"prometheus":{"rate":1e999}}', "finite number was wanted, found 1e999"),
        (b'{"t_utc_ns":5,"host":"\xff"}', "utf-8"),
    ],
)
def test_a_line_that_is_no_sample_is_refused(line: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_sample(line)
