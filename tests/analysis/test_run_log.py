"""A run is read back slice by slice, whatever is left of it."""

import shutil
from pathlib import Path

import pytest

from analysis.counts import Counts
from analysis.errors import RunLogError
from analysis.histogram import Histogram
from analysis.run_directory import RunDirectory
from analysis.run_log import RunLog
from analysis.run_log_writer import RunLogWriter
from tests.analysis.run_content import SLICE_S, START_NS, new_directory, run_content, write_run

SLICES = 3
LOGS = ("latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl")
Found = dict[tuple[str, int], Histogram]


def by_tag_and_slice(log: RunLog) -> Found:
    return {
        (tag, number): log.merged(tag, number, number + 1)
        for tag in log.tags
        for number in log.histograms[tag].slices()
    }


def rows_in(content: bytes) -> Found:
    """Whole rows of an interval log, summed without the reader under test."""
    found: Found = {}
    for line in content.decode().splitlines(keepends=True):
        if line.startswith("Tag=") and line.endswith("\n"):
            tag, start_s, _, _, encoded = line.strip().split(",")
            key = (tag.removeprefix("Tag="), round(float(start_s) / SLICE_S))
            found.setdefault(key, Histogram()).merge(Histogram.decode(encoded))
    return found


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = new_directory(tmp_path)
    write_run(directory, SLICES)
    return directory


def test_everything_that_was_written_is_read(directory: RunDirectory) -> None:
    log = RunLog.read(directory.path)

    assert log.damage == ()
    assert log.slices == SLICES
    assert log.tags == ("query.response", "query.ttfb")
    assert [row.slice_index for row in log.counts] == [0, 0, 1, 1, 2, 2]
    assert [sample["seq"] for sample in log.samples] == [0, 1, 2]
    assert [event.get("name") for event in log.events] == ["stage 0", "stage 1", "stage 2", None]
    assert log.run.slice_s == SLICE_S


def test_rows_of_one_slice_add_up_over_workers(directory: RunDirectory) -> None:
    log = RunLog.read(directory.path)

    assert log.merged("query.response", 1, 2) == Histogram.of([2000, 2001] * 2)
    assert log.merged("query.response", 0, 2) == Histogram.of([1000, *[2000, 2001] * 2, 1000])
    assert log.merged("query.response").count == log.totals()["query"].ok == 12
    assert log.merged("query.gap") == Histogram()
    assert log.merged("query.response", 2, 2).count == 0


def test_totals_cover_the_whole_run_or_a_range_of_slices(directory: RunDirectory) -> None:
    log = RunLog.read(directory.path)

    assert log.totals() == {"query": Counts(due=12, started=12, ok=12)}
    assert log.totals((1, 2)) == {"query": Counts(due=4, started=4, ok=4)}
    assert log.totals((5, 9)) == {}


def test_rows_of_one_slice_add_up_in_whatever_order_they_come(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.write_run(run_content())
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    for number, values_us in [(3, [900]), (0, [100, 200, 300]), (3, [100])]:
        writer.append_histograms(number, {"query.response": Histogram.of(values_us).encode()})
    writer.append_counts([{"slice": 4, "worker": 0, "endpoint": "query"}])
    writer.close()
    log = RunLog.read(directory.path)

    slices = [log.merged("query.response", number, number + 1) for number in range(log.slices)]
    assert [(found.count, found.percentile(0.5)) for found in slices] == [
        (3, 200), (0, None), (0, None), (2, 100), (0, None),
    ]  # fmt: skip
    assert log.merged("query.nothing").count == 0


@pytest.mark.parametrize("name", LOGS)
def test_a_log_cut_at_any_byte_is_read_up_to_the_cut(directory: RunDirectory, name: str) -> None:
    whole = RunLog.read(directory.path)
    content = (directory.path / name).read_bytes()
    for length in range(len(content)):
        kept = content[:length]
        (directory.path / name).write_bytes(kept)
        log = RunLog.read(directory.path)

        lines = kept.count(b"\n")
        assert len(log.damage) == 1, length
        assert all(text.startswith(f"{name}: ") for text in log.damage)
        if name == "latency.hlog":
            assert by_tag_and_slice(log) == rows_in(kept)
        if name == "counts.jsonl":
            assert log.counts == whole.counts[:lines]
        if name == "samples.jsonl":
            assert log.samples == whole.samples[:lines]
        if name == "events.jsonl":
            assert log.events == whole.events[:lines]


def test_run_json_cut_at_any_byte_is_refused_with_its_name(directory: RunDirectory) -> None:
    content = directory.run_json.read_bytes()
    for length in range(len(content) - 1):
        directory.run_json.write_bytes(content[:length])
        with pytest.raises(RunLogError, match=r"run\.json: .*was wanted"):
            RunLog.read(directory.path)


@pytest.mark.parametrize("name", LOGS)
def test_a_log_that_is_gone_is_named_and_the_others_are_read(directory: RunDirectory, name: str) -> None:
    (directory.path / name).unlink()
    log = RunLog.read(directory.path)

    assert log.damage == (f"{name}: cannot be read: No such file or directory",)
    assert log.slices == SLICES


@pytest.mark.parametrize("name", LOGS)
def test_rubbish_in_the_middle_is_counted_and_left_out(directory: RunDirectory, name: str) -> None:
    whole = RunLog.read(directory.path)
    path = directory.path / name
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-1], b"\x00\xffrubbish\n", b"Tag=q.r,-7.0,1.0,1.0,HIST\n", lines[-1]]))
    log = RunLog.read(directory.path)

    assert len(log.damage) == 1
    assert log.damage[0].startswith(f"{name}: 2 lines cannot be read, the first is line {len(lines)}: ")
    assert (log.counts, log.samples, log.events) == (whole.counts, whole.samples, whole.events)
    assert by_tag_and_slice(log) == by_tag_and_slice(whole)


def test_a_run_that_wrote_nothing_yet_is_empty(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.write_run(run_content())
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    writer.append_ended("complete")
    writer.close()
    log = RunLog.read(directory.path)

    assert (log.damage, log.slices, log.tags, log.totals()) == ((), 0, (), {})


def test_a_directory_that_was_copied_elsewhere_reads_the_same(
    directory: RunDirectory, tmp_path: Path
) -> None:
    copy = shutil.copytree(directory.path, tmp_path / "kept")

    assert by_tag_and_slice(RunLog.read(copy)) == by_tag_and_slice(RunLog.read(directory.path))
