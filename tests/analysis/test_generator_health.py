"""The limits that the generator is held to; what happens beyond them is in test_validity."""

from pathlib import Path

import pytest

from analysis.generator_health import (
    CPU_PERCENT,
    LOOP_LAG_US,
    SEND_LAG_US,
    SHARE_OF_RESPONSE,
    WAKE_LAG_US,
)
from analysis.validity import LEAST_ACHIEVED

README = (Path(__file__).parents[2] / "README.md").read_text().splitlines()


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
        ("arrivals sent of those due", f"at least {LEAST_ACHIEVED:.0%}"),
    ],
)
def test_the_readme_names_the_limits_that_are_held_to(name: str, limit: str) -> None:
    row = next(line for line in README if line.startswith(f"| {name} |"))

    assert limit in row.replace(" %", "%")
