"""What a writer hands over stays whole: when it is killed, and when the disk is full."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.histogram import Histogram
from analysis.run_directory import RunDirectory
from analysis.run_log import RunLog
from analysis.run_log_writer import RunLogWriter
from tests.analysis.run_content import SLICE_S, START_NS, new_directory, run_content, write_slice

KILLS = 10
LOGS = ("latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl")


def command(directory: RunDirectory, *words: str) -> list[str]:
    return [sys.executable, "-m", "tests.analysis.run_writer", str(directory.path), *words]


def assert_slice_is_whole(log: RunLog, number: int) -> None:
    expected = 2 * (number + 1)
    assert log.merged("query.response", number, number + 1).count == expected
    assert log.merged("query.ttfb", number, number + 1).count == expected
    assert log.totals((number, number + 1))["query"].ok == expected


def test_a_writer_killed_at_any_moment_loses_at_most_the_slice_it_was_writing(tmp_path: Path) -> None:
    draw = random.Random(2)
    for _ in range(KILLS):
        directory = new_directory(tmp_path)
        with subprocess.Popen(command(directory), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            written = -1
            for _ in range(draw.randrange(1, 300)):
                written = int(process.stdout.readline())
            process.kill()
            written = max([written, *(int(line) for line in process.stdout if line.endswith("\n"))])
        log = RunLog.read(directory.path)

        assert log.run.crashed()
        assert log.slices - 1 - written in (0, 1)
        assert len(log.samples) > written
        assert all("the last line" in text for text in log.damage)
        for number in range(written + 1):
            assert_slice_is_whole(log, number)


@pytest.mark.parametrize("limit", [3000, 4567, 9000])
def test_a_full_disk_leaves_whole_lines_and_is_told(tmp_path: Path, limit: int) -> None:
    """A limit on the bytes per file stands for the full disk: the kernel cuts the write that reaches it."""
    directory = new_directory(tmp_path)
    ended = subprocess.run(command(directory, str(limit)), capture_output=True, text=True, check=True)
    log = RunLog.read(directory.path)

    assert ended.stdout.splitlines()[-1] == "latency.hlog: File too large"
    assert ended.stderr == ""
    assert log.damage == ()
    whole = log.histograms["query.response"].slices()
    assert whole == tuple(range(len(whole)))
    for number in whole[:-1]:
        assert_slice_is_whole(log, number)
    assert len(log.events) > len(whole)
    assert all((directory.path / name).stat().st_size <= limit for name in LOGS)


@pytest.mark.parametrize("name", LOGS)
def test_the_first_file_without_room_is_named_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    """/dev/full answers every write as a full disk does."""
    directory = new_directory(tmp_path)
    directory.write_run(run_content())
    (directory.path / name).symlink_to("/dev/full")
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    assert writer.fault is None
    for number in range(3):
        write_slice(writer, number)

    assert writer.fault == f"{name}: No space left on device"
    writer.close()
    for other in set(LOGS) - {name}:
        assert (directory.path / other).read_bytes().count(b"\n") >= 3


def test_a_directory_that_went_away_is_a_fault_and_no_exception(tmp_path: Path) -> None:
    writer = RunLogWriter(RunDirectory(tmp_path / "gone"), START_NS, SLICE_S)
    write_slice(writer, 0)

    assert writer.fault == "latency.hlog: No such file or directory"
    writer.close()


def test_every_append_can_be_read_at_once(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.write_run(run_content())
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    for number in range(3):
        write_slice(writer, number)
        assert RunLog.read(directory.path).slices == number + 1
    writer.close()
    writer.close()


def test_the_start_time_may_be_set_until_the_first_histogram(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    writer = RunLogWriter(directory, 0, SLICE_S)
    writer.append_event("run_started")
    writer.start_ns = START_NS + 250_000_000
    for number in range(2):
        writer.append_histograms(number, {"query.response": Histogram.of([1]).encode()})
    writer.close()
    lines = directory.latency_hlog.read_text(encoding="utf-8").splitlines()

    assert lines[1] == "#[StartTime: 1790000000.250 (seconds since epoch), 2026-09-21T14:13:20Z]"
    assert [line[:4] for line in lines[3:]] == ["Tag=", "Tag="]


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    writer.append_histograms(0, {})
    writer.append_counts([])
    writer.close()

    assert [(directory.path / name).read_bytes() for name in LOGS] == [b""] * len(LOGS)


def test_numbers_that_json_does_not_have_are_refused(tmp_path: Path) -> None:
    writer = RunLogWriter(new_directory(tmp_path), START_NS, SLICE_S)

    with pytest.raises(ValueError, match="JSON compliant"):
        writer.append_sample({"t_utc_ns": 1, "value": float("nan")})
    writer.close()


def test_half_a_character_from_a_service_does_not_break_the_log(tmp_path: Path) -> None:
    """JSON can spell half of a surrogate pair, which UTF-8 cannot."""
    directory = new_directory(tmp_path)
    directory.write_run(run_content())
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    writer.append_event("exemplar", detail="\ud83d")
    writer.append_histograms(0, {"query.stage.\ud83d": Histogram.of([1]).encode()})
    writer.append_ended("complete")
    writer.close()
    log = RunLog.read(directory.path)

    assert log.damage == ()
    assert log.events[0]["detail"] == "\ud83d"
    assert log.tags == ("query.stage._",)
