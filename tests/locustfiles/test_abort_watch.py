"""Abort rules look at a window of complete slices."""

from typing import Any

import pytest

from analysis.histogram import Histogram
from analysis.profile_parts import AbortRule
from locustfiles.load.abort_watch import AbortWatch

ERRORS = AbortRule(endpoint=None, metric="errors", statistic="ratio", above=0.1, window_s=5, min_count=20)
SLOW = AbortRule(
    endpoint="query", metric="response", statistic="p95", above=1_000_000, window_s=5, min_count=20
)


def row(
    slice_number: int, ok: int, failed: int = 0, value_us: int = 1000, endpoint: str = "query"
) -> dict[str, Any]:
    histogram = Histogram()
    for _ in range(ok):
        histogram.record(value_us)
    counts: dict[str, Any] = {"ok": ok}
    if failed:
        counts["failed"] = {"reset": failed}
    return {
        "slice": slice_number,
        "endpoint": endpoint,
        "counts": counts,
        "histograms": {"response": histogram.encode()},
    }


def test_errors_above_the_limit_break_the_rule() -> None:
    """20 of 100 within the window are 0.2."""
    watch = AbortWatch([ERRORS], slice_s=1)
    watch.take(row(number, ok=16, failed=4) for number in range(5))
    breach = watch.breach(5)
    assert breach is not None
    assert breach.value == pytest.approx(0.2)
    assert str(breach) == "all endpoints: error ratio 0.200 > 0.100 over 5 s"


def test_errors_at_the_limit_do_not() -> None:
    """Only more than the limit counts."""
    watch = AbortWatch([ERRORS], slice_s=1)
    watch.take(row(number, ok=18, failed=2) for number in range(5))
    assert watch.breach(5) is None


def test_too_few_requests_decide_nothing() -> None:
    """Ten failures of ten are below the rule's least number."""
    watch = AbortWatch([ERRORS], slice_s=1)
    watch.take([row(4, ok=0, failed=10)])
    assert watch.breach(5) is None


def test_the_window_is_not_judged_before_it_is_complete() -> None:
    """At slice 3 a window of five seconds has not passed."""
    watch = AbortWatch([ERRORS], slice_s=1)
    watch.take(row(number, ok=0, failed=50) for number in range(3))
    assert watch.breach(3) is None


def test_old_slices_leave_the_window() -> None:
    """Failures of slice 0 do not count at slice 6."""
    watch = AbortWatch([ERRORS], slice_s=1)
    watch.take([row(0, ok=0, failed=500)])
    watch.take(row(number, ok=20) for number in range(1, 6))
    assert watch.breach(6) is None


def test_a_percentile_is_taken_over_the_merged_window_of_its_endpoint() -> None:
    """Slow answers of another endpoint are not this rule's business."""
    watch = AbortWatch([SLOW], slice_s=1)
    watch.take(row(number, ok=20, value_us=5_000_000, endpoint="health") for number in range(5))
    watch.take(row(number, ok=20, value_us=200_000) for number in range(5))
    assert watch.breach(5) is None
    watch.take(row(number, ok=40, value_us=2_000_000) for number in range(1, 6))
    breach = watch.breach(6)
    assert breach is not None
    assert breach.value == pytest.approx(2_000_000, rel=0.001)
