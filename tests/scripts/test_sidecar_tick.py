"""The schedule of samples, with time passed in."""

import pytest

from scripts.sidecar.tick import Ticks, period_ns

TICKS = Ticks(start_ns=1_000, period_ns=100)


def test_due_times_depend_on_the_start_alone() -> None:
    """A million ticks later the schedule has not drifted by a nanosecond."""
    assert TICKS.due_ns(0) == 1_000
    assert TICKS.due_ns(1_000_000) == 1_000 + 100_000_000


@pytest.mark.parametrize(
    ("number", "now_ns", "taken"),
    [
        (3, 1_300, 3),
        (3, 1_290, 3),
        (3, 1_350, 3),
        (3, 1_351, 4),
        (3, 1_399, 4),
        (3, 1_400, 4),
        (3, 1_451, 5),
        (3, 2_030, 10),
    ],
)
def test_a_tick_late_by_more_than_half_a_period_is_passed_over(number: int, now_ns: int, taken: int) -> None:
    assert TICKS.timely(number, now_ns) == taken


def test_periods_are_whole_nanoseconds() -> None:
    assert period_ns(0.1) == 100_000_000
