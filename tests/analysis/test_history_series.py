"""Weeks of one environment and load as series, and the changes that are reported of them."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.history_series import HistorySegment, HistorySeries, segments_of
from tests.history_builder import built_history, built_row


def series_of(segment: HistorySegment, name: str) -> HistorySeries:
    (found,) = (series for series in segment.series if series.name == name)
    return found


def test_a_step_of_one_statistic_is_a_change_of_that_one_alone() -> None:
    (segment,) = segments_of(built_history(20, steps=[(12, 1.2)]))
    ((series, change),) = segment.changes

    assert series.name == "query.response.p95"
    assert change.row.baseline_id == "week-12"
    assert change.change == pytest.approx(0.2, abs=0.02)
    assert change.worse


def test_a_faster_service_became_better() -> None:
    (segment,) = segments_of(built_history(20, steps=[(12, 0.8)]))

    assert [change.worse for _, change in segment.changes] == [False]


def test_a_lower_rate_is_worse() -> None:
    rows = [built_row(week, {"*.throughput.rate": (50.0 if week < 12 else 40.0) + week % 3 / 10})
            for week in range(20)]  # fmt: skip
    ((_, change),) = segments_of(rows)[0].changes

    assert change.change == pytest.approx(-0.2, abs=0.01)
    assert change.worse


@pytest.mark.parametrize(("drops", "worse"), [((), True), (("*.prometheus.free.mean",), False)])
def test_which_way_a_query_is_worse_is_said_by_the_target(drops: tuple[str, ...], worse: bool) -> None:
    name = "*.prometheus.free.mean"
    values = [(5.0 if week < 12 else 6.0) + week % 3 / 100 for week in range(20)]
    rows = [built_row(week, {name: value}, drops=drops) for week, value in enumerate(values)]
    ((series, change),) = segments_of(rows)[0].changes

    assert series.name == "*.prometheus.free.mean"
    assert change.worse is worse


def test_errors_are_compared_as_they_are() -> None:
    """Half a point more counts, a tenth of a point does not."""
    rows = [
        built_row(
            week,
            {
                "a.errors.ratio": 0.001 * (week % 2) + (0.02 if week >= 12 else 0.0),
                "b.errors.ratio": 0.0001 * (week % 2) + (0.001 if week >= 12 else 0.0),
            },
        )
        for week in range(20)
    ]
    ((series, change),) = segments_of(rows)[0].changes

    assert series.name == "a.errors.ratio"
    assert change.change == pytest.approx(0.02, abs=0.001)


def test_a_short_time_that_moves_by_less_than_a_millisecond_did_not_change() -> None:
    rows = [built_row(week, {"health.response.p95": (800.0 if week < 12 else 1200.0) + week % 3})
            for week in range(20)]  # fmt: skip

    assert segments_of(rows)[0].changes == ()


@pytest.mark.parametrize(
    "changed", [{"env8": "99999999"}, {"scenario_sha256": "cd" * 32}, {"clock": "user"}, {"workers": 2}]
)
def test_a_new_environment_or_load_begins_a_segment_and_is_no_change(changed: dict[str, Any]) -> None:
    rows = built_history(24, steps=[(12, 1.5)])
    rows[12:] = [replace(row, **changed) for row in rows[12:]]

    first, second = segments_of(rows)

    assert [len(first.rows), len(second.rows)] == [12, 12]
    assert first.changes == second.changes == ()


def test_two_machines_that_take_turns_are_two_segments() -> None:
    """Each is compared with itself."""
    rows = built_history(20)
    other = built_history(20, env8="99999999")
    taking_turns = [(rows if week % 2 else other)[week] for week in range(20)]

    assert [len(segment.rows) for segment in segments_of(taking_turns)] == [10, 10]
    assert segments_of(taking_turns)[-1].rows[-1].baseline_id == "week-19"


def test_a_statistic_that_some_weeks_lack_is_a_shorter_series() -> None:
    rows = built_history(6)
    rows.append(built_row(6, {**{n: f.mean for n, f in rows[-1].figures.items()}, "query.response.p99": 9e5}))
    (segment,) = segments_of(rows)

    assert series_of(segment, "query.response.p99").values == (9e5,)
    assert series_of(segment, "query.response.p99").since(1) is None
    assert len(series_of(segment, "query.response.p95").rows) == 7


def test_the_newest_week_is_set_against_earlier_ones() -> None:
    rows = [built_row(week, {"query.response.p95": value, "query.errors.ratio": 0.01 * week})
            for week, value in enumerate([100.0, 110.0, 121.0])]  # fmt: skip
    (segment,) = segments_of(rows)

    assert series_of(segment, "query.response.p95").since(1) == pytest.approx(0.10)
    assert series_of(segment, "query.response.p95").since(2) == pytest.approx(0.21)
    assert series_of(segment, "query.errors.ratio").since(2) == pytest.approx(0.02)
