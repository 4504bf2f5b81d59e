"""The benchmark of streams: its server, what it makes of stamps, and that the contenders do the same work."""

import json
import subprocess
import sys
from array import array
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from locustfiles.peers.stream_log import StreamLog, StreamRow, rows
from scripts.bench import streams
from scripts.bench.cores import two_cores
from scripts.bench.event_server_process import Pace, Work, event_server
from scripts.bench.readme_block import EVENT_GOALS
from scripts.bench.stream_contender import OURS, StreamContender, stream_contender
from scripts.bench.stream_error import Error, StreamErrors, stream_errors
from scripts.bench.stream_window import Seen, seen_streams
from scripts.bench.window import BenchError
from scripts.checkout import ROOT

MS = 1_000_000


slowly = partial(pytest.param, marks=pytest.mark.slow)


def row(stream: int, asked_ms: float, done_ms: float, stamps_ms: list[float]) -> StreamRow:
    stamps_ns = array("q", [int(stamp * MS) for stamp in stamps_ms])
    return StreamRow(stream, int(asked_ms * MS), int(done_ms * MS), stamps_ns)


def test_errors_are_matched_per_stream_and_event() -> None:
    """Written at 50, 70 and 90; the second was read with the third; the request took 1 ms to arrive."""
    written = {7: row(7, 1, 90, [50, 70, 90])}
    seen = [row(7, 0, 95, [50.5, 90.5, 90.5])]

    errors = stream_errors(seen, written, 0, 100 * MS)

    assert errors is not None
    assert errors.streams == 1
    assert (errors.stamp.p50_ms, errors.ttft.p50_ms) == (0.5, 1.5)
    assert errors.gap.p50_ms == 20.0
    assert errors.coalesced == pytest.approx(1 / 3)


def test_streams_that_leave_the_window_do_not_count() -> None:
    written = {1: row(1, 0, 1, [1]), 2: row(2, 0, 1, [1])}

    assert stream_errors([row(1, 4, 8, [1]), row(2, 6, 11, [1])], written, 5 * MS, 10 * MS) is None


def test_a_lost_event_is_an_error_of_the_benchmark() -> None:
    with pytest.raises(ValueError, match="3 text events written, 2 seen"):
        stream_errors([row(1, 0, 9, [1, 2])], {1: row(1, 0, 9, [1, 2, 3])}, 0, 10 * MS)


def test_rows_come_back_from_a_file_of_which_the_end_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "stamps"
    log = StreamLog(str(path))
    log.add("000000007.000000 ", 1, 9, array("q", [3, 5]))
    log.add(b'{"content": "000000008.000000 "}', 2, 9, array("q", [4]))

    whole = path.read_bytes()

    assert [found.stream for found in rows(whole)] == [7, 8]
    assert [list(found.stamps_ns) for found in rows(whole[:-3])] == [[3, 5]]


@pytest.mark.parametrize("name", [OURS, "httpx-sse", *map(slowly, ("aiohttp", "fasthttpuser"))])
def test_every_contender_reads_every_event_of_the_streams(name: str) -> None:
    """Events are matched one by one, so one lost or invented would end the benchmark."""
    seen = seen_streams(stream_contender(name), Work(streams=4, events=5), two_cores(), window_s=1.5)

    assert seen.errors is not None
    assert seen.errors.streams > 0
    assert 0 < seen.errors.stamp.p50_ms <= seen.errors.stamp.p99_ms
    assert 0 <= seen.errors.coalesced < 1
    assert seen.events_per_core_s > 0
    assert seen.rss_mb > 0


@pytest.mark.parametrize(
    ("name", "decodes", "pace", "over_websocket"),
    [
        slowly(OURS, True, Pace.ROUNDS, False),
        (OURS, True, Pace.ROUNDS, True),
        (OURS, False, Pace.BURSTS, False),
        ("aiohttp", True, Pace.ROUNDS, False),
        slowly("aiohttp", True, Pace.ROUNDS, True),
        slowly("aiohttp", False, Pace.BURSTS, False),
        slowly("httpx-sse", False, Pace.ROUNDS, False),
        ("httpx-sse", True, Pace.BURSTS, False),
    ],
)
def test_work_without_times_keeps_a_client_busy(
    name: str, decodes: bool, pace: Pace, over_websocket: bool
) -> None:
    work = Work(streams=2, events=50, pace=pace, over_websocket=over_websocket)

    seen = seen_streams(stream_contender(name, decodes=decodes), work, two_cores(), window_s=0.3)

    assert seen.events_per_core_s > 0
    assert seen.errors is None


def test_the_server_writes_at_its_times() -> None:
    """Not how punctually, which depends on the machine, but never before its time."""
    with event_server(two_cores(), Work(streams=1, events=4)) as server:
        command = [sys.executable, "-m", "scripts.bench.stream_reader", "aiohttp"]
        url = f"{server.url}/v1/chat/completions"
        with subprocess.Popen([*command, url, "1"], cwd=ROOT) as process:
            try:
                while server.state().finished < 3:
                    assert process.poll() is None
            finally:
                process.kill()

        for stream in server.log().values():
            due_ns = [stream.asked_ns + (50 + 20 * index) * MS for index in range(4)]
            assert all(stamp >= due for stamp, due in zip(stream.stamps_ns, due_ns, strict=True))


def test_a_contender_that_does_not_read_is_told_by_its_last_words() -> None:
    broken = StreamContender("broken", lambda _: [sys.executable, "-c", "raise SystemExit('no such flag')"])

    with pytest.raises(BenchError, match="broken did not start: no such flag"):
        seen_streams(broken, Work(streams=1, events=1), two_cores(), window_s=0.1)


def test_the_document_holds_ratios_and_errors_by_tool_streams_and_percentile() -> None:
    """Ratios are of one round's figures each, and only then their median is taken."""
    plan = streams.Plan(rounds=3, window_s=1.0, events=9, peers={100: ("aiohttp",)}, full_peers=1)
    measured = streams.Measured()
    for name, error_ms, rates in ((OURS, 0.01, (20.0, 90.0, 60.0)), ("aiohttp", 0.5, (10.0, 30.0, 60.0))):
        error = Error(error_ms, 1.5 * error_ms, 2 * error_ms)
        errors = StreamErrors(3, error, error, error, 0.25)
        timed = [Seen(49.0, 1.0, 0.1, 50.0, 0.1, errors)]
        measured.timed[name] = {"100": timed * 3}
        measured.full[name] = {"packet": [Seen(0.0, rate, 1.0, 50.0, 0.0, None) for rate in rates]}
    measured.full[OURS] |= {"message": timed, "burst": timed, "burst_json": timed}

    document = json.loads(json.dumps(streams.document(plan, measured)))

    assert document["ratios"]["packet"] == {"aiohttp": 2.0}
    assert document["error_ms"]["plimsoll"] == {"100": {"p50": 0.01, "p99": 0.02}}
    assert document["error_ms"]["aiohttp"]["100"]["p99"] == 1.0
    assert document["coalesced"] == {"100": 0.25}
    assert document["streams_per_s"]["aiohttp"] == {"100": 49.0}
    assert document["rss_mb"]["plimsoll"] == {"100": 50.0}


def test_the_table_tells_the_share_of_coalesced_events_of_ours_alone() -> None:
    """Peers stamp each event when they look at it, so that theirs would always seem to be none."""
    error = Error(0.01, 0.02, 0.03)
    timed = {"1000": [Seen(49.0, 1.0, 0.1, 50.0, 0.1, StreamErrors(3, error, error, error, 0.25))]}
    measured = streams.Measured(timed={OURS: timed, "aiohttp": timed})

    heads, ours, theirs = streams._timed_lines(measured)

    assert heads.endswith("coalesced")
    assert ours.endswith("    25.00%")
    assert theirs.endswith("    50.000")


@pytest.mark.slow
@pytest.mark.alone
def test_ours_reaches_its_goals_of_stamps_rates_and_memory() -> None:
    """Of one round; the machine should have nothing else to do."""
    plan = streams.QUICK
    told: Any = streams.document(plan, streams.measured_streams(plan, two_cores()))

    for kind in ("error_ms", "gap_error_ms"):
        by_streams = told[kind][OURS]
        assert by_streams["100"]["p99"] <= 0.1, by_streams
        assert by_streams["500"]["p99"] <= 0.25, by_streams
    assert told["error_ms"][OURS]["1000"]["p50"] <= 0.1
    assert told["ttft_error_ms"][OURS]["500"]["p99"] <= 0.25
    assert told["streams_per_s"][OURS]["500"] >= 240 / 246 * told["ideal_streams_per_s"]["500"]
    assert told["rss_mb"][OURS]["500"] <= 150
    for work, goals in EVENT_GOALS.items():
        for peer, goal in goals.items():
            assert told["ratios"][work][peer] >= goal, (work, peer)
