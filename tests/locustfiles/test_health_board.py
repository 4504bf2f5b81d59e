"""The generator's health slice by slice, as the web UI shows it."""

from typing import Any

from analysis.histogram import Histogram
from analysis.profile import LoadProfile, Model, Stage
from locustfiles.load.health_board import RECENT, BoardRow, HealthBoard

START_NS = 1_700_000_000_000_000_000
OPEN = LoadProfile("p", Model.OPEN, {"query": 1.0}, (Stage("steady", 600, 20),))


def report(
    number: int, *, lag_us: int = 200, cpu: float = 30.0, sent: int = 20, **more: Any
) -> dict[str, Any]:
    """What one worker says at the end of a slice."""
    histogram = Histogram.of([lag_us] * 20).encode()
    lags = {"send_lag": histogram, "wake_lag": histogram, "response": histogram}
    counts = {"due": 20, "started": sent}
    return {
        "clock": "kernel",
        "rows": [
            {"slice": number, "endpoint": "query", "counts": counts, "histograms": lags, "exemplars": []},
            {
                "slice": number,
                "endpoint": "generator",
                "counts": {},
                "histograms": {"loop_lag": histogram},
                "exemplars": [],
            },
        ],
        "sample": {
            "t_utc_ns": START_NS + (number + 1) * 1_000_000_000 + 2_000_000,
            "period_s": 1.0,
            "cpu_percent": cpu,
            "cpu_wait_percent": 0.5,
            "throttled_percent": 0.0,
            "steal_percent": 0.0,
            "fds": 100,
            "fds_limit": 1000,
            "ports": 50,
            "ports_limit": 1000,
        },
        **more,
    }


def rows(board: HealthBoard, fastest_us: float | None = None) -> dict[str, BoardRow]:
    return {row.check.name: row for row in board.rows(fastest_us)}


def test_a_slice_is_shown_when_the_next_one_has_begun() -> None:
    """Until then a worker's report of it may still come."""
    board = HealthBoard(OPEN, START_NS)
    board.take(0, report(0))

    assert rows(board) == {}
    assert board.elapsed_s == 0

    board.take(1, report(0, lag_us=8_000, cpu=60.0))
    board.take(0, report(1))
    found = rows(board)

    assert board.elapsed_s == 1
    assert found["send_lag"].now == "8 ms"
    assert found["generator_cpu"].now == "60 %"
    assert not found["send_lag"].check.ok
    assert found["loop_lag"].check.ok


def test_at_the_end_the_newest_slice_is_shown_too() -> None:
    """None will begin after it."""
    board = HealthBoard(OPEN, START_NS)
    board.take(0, report(0))
    board.take(0, report(1, lag_us=8_000))

    board.end()

    assert board.elapsed_s == 2
    assert rows(board)["send_lag"].now == "8 ms"


def test_the_worst_slice_is_remembered_and_the_last_minute_judged() -> None:
    board = HealthBoard(OPEN, START_NS)
    board.take(0, report(0, lag_us=8_000, sent=10))
    for number in range(1, RECENT + 2):
        board.take(0, report(number))
    found = rows(board)

    assert board.elapsed_s == RECENT + 1
    assert found["send_lag"].worst == "8 ms"
    assert found["send_lag"].now == "0.2 ms"
    assert found["send_lag"].check.ok
    assert found["arrivals"].worst == "50.00%"
    assert found["arrivals"].now == "100.00%"
    assert len(found["send_lag"].series) == RECENT + 1
    assert [value and round(value, -2) for value in found["send_lag"].series[:2]] == [8000, 200]


def test_slow_answers_widen_a_limit() -> None:
    board = HealthBoard(OPEN, START_NS)
    for number in range(3):
        board.take(0, report(number, lag_us=8_000))

    assert not rows(board)["send_lag"].check.ok
    assert rows(board, fastest_us=2_000_000.0)["send_lag"].check.ok


def test_a_slice_of_which_nothing_came_breaks_the_line() -> None:
    board = HealthBoard(OPEN, START_NS)
    for number in (0, 3, 4):
        board.take(0, report(number))

    assert board.elapsed_s == 4
    assert [value is None for value in rows(board)["loop_lag"].series] == [False, True, True, False]


def test_without_kernel_stamps_the_loop_is_held_to_the_tighter_limit() -> None:
    board = HealthBoard(OPEN, START_NS)
    for number in range(2):
        board.take(0, report(number, lag_us=8_000, clock="user"))

    assert not rows(board)["loop_lag"].check.ok
    assert "wake_lag" not in rows(board)


def test_a_connection_that_failed_here_is_not_forgotten() -> None:
    board = HealthBoard(OPEN, START_NS)
    failed = report(0)
    failed["rows"][0]["exemplars"] = [{"failure": "connect", "detail": "Too many open files", "status": None}]
    board.take(0, failed)
    for number in range(1, 4):
        board.take(0, report(number))

    assert rows(board)["own_failures"].check.value == "Too many open files"


def test_what_is_recorded_before_the_start_belongs_to_no_slice() -> None:
    board = HealthBoard(OPEN, START_NS)
    early = report(0)
    early["sample"]["t_utc_ns"] = START_NS - 100_000_000
    board.take(0, early)
    for number in range(1, 3):
        board.take(0, report(number, cpu=20.0))

    assert rows(board)["generator_cpu"].worst == "20 %"
