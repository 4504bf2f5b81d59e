"""A leak is what is above its level of before by more than is allowed."""

from typing import Any

import pytest

from analysis.event import EventKind
from analysis.leak import LeakWatch, RunningLeak, held, leak_rows, levels

WATCH = LeakWatch("in_flight", {"in_flight": 0.0, "connections": 2.0, "fds": 8.0, "memory": 50.0}, 10.0)


def sample(**process: Any) -> dict[str, Any]:
    return {
        "t_utc_ns": 1,
        "source": "sidecar",
        "process": {"connections": 3, "fds": 20, "rss_bytes": 100_000_000, **process},
        "prometheus": {},
        "scrape": {
            'in_flight{endpoint="query"}': 1.0,
            'in_flight{endpoint="stream"}': 2.0,
            "in_flight_x": 9.0,
        },
    }


def settled(before: dict[str, float], after: dict[str, float], waited_s: float = 3.0) -> dict[str, Any]:
    return {"kind": EventKind.SETTLED, "waited_s": waited_s, "before": before, "after": after}


def test_a_level_is_summed_over_the_series_of_a_metric() -> None:
    assert levels(sample(), WATCH) == {"in_flight": 3.0, "connections": 3.0, "fds": 20.0, "memory": 100.0}


def test_a_query_of_that_name_comes_before_the_scrape() -> None:
    asked = sample() | {"prometheus": {"in_flight": 7.0}}
    assert levels(asked, WATCH)["in_flight"] == 7.0


def test_what_a_sample_lacks_has_no_level() -> None:
    assert levels({"t_utc_ns": 1, "process": None, "prometheus": {"in_flight": None}}, WATCH) == {}
    assert "fds" not in levels(sample(fds=None), WATCH)


def test_only_what_is_to_be_judged_is_looked_at() -> None:
    assert levels(sample(), LeakWatch(None, {"fds": 8.0})) == {"fds": 20.0}


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        ({"in_flight": 3.0, "fds": 28.0, "memory": 150.0}, {}),
        ({"in_flight": 4.0, "fds": 29.0}, {"in_flight": 1.0, "fds": 9.0}),
        ({"connections": 1.0}, {}),
    ],
)
def test_what_is_allowed_is_not_held(after: dict[str, float], wanted: dict[str, float]) -> None:
    assert held(levels(sample(), WATCH), after, WATCH) == wanted


def test_the_worst_of_several_runs_is_told_with_the_time_it_was_given() -> None:
    watch = LeakWatch("in_flight", {"in_flight": 0.0})
    runs = [
        [settled({"in_flight": 1}, {"in_flight": 1})],
        [settled({"in_flight": 1}, {"in_flight": 6}, 10.0)],
    ]
    (row,) = leak_rows(watch, runs, [{}, {}])
    assert (row.name, row.value, row.met, row.reason) == ("leak.in_flight", 5.0, False, "10 s after the load")


def test_a_run_whose_levels_were_not_watched_has_no_value() -> None:
    watch = LeakWatch("in_flight", {"in_flight": 0.0})
    for events in ([], [settled({}, {"in_flight": 1})]):
        (row,) = leak_rows(watch, [events], [{}])
        assert (row.value, row.met) == (None, None)
    assert leak_rows(None, [[]], [{}]) == ()


@pytest.mark.parametrize(
    ("after", "value", "reason"),
    [
        (1.0, 7.0, "during the load, from 42 s on; let go of after it"),
        (5.0, 7.0, "3 s after the load; held since 42 s after its start"),
        (13.0, 12.0, "3 s after the load; held since 42 s after its start"),
    ],
)
def test_what_was_held_during_the_load_is_a_leak_even_if_it_was_let_go_of_after_it(
    after: float, value: float, reason: str
) -> None:
    watch = LeakWatch("in_flight", {"in_flight": 0.0})
    running = {"in_flight": RunningLeak(7.0, 42.0)}
    (row,) = leak_rows(watch, [[settled({"in_flight": 1.0}, {"in_flight": after})]], [running])
    assert (row.value, row.met, row.reason) == (value, False, reason)
