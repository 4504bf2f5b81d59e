"""A run directory is made once, and its run.json is always whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import RunLogError
from analysis.run_directory import RunDirectory
from tests.analysis.run_content import START_NS, new_directory, run_content


def test_its_name_tells_time_target_profile_and_chance(tmp_path: Path) -> None:
    first, second = new_directory(tmp_path / "runs"), new_directory(tmp_path / "runs")

    assert re.fullmatch(r"20260921T141320Z-shop-smoke-[0-9a-f]{4}", first.path.name)
    assert first.path != second.path
    assert list(first.path.iterdir()) == []


def test_it_names_its_files(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    paths = (
        directory.run_json, directory.latency_hlog, directory.counts_jsonl, directory.samples_jsonl,
        directory.events_jsonl, directory.result_json, directory.baseline_json, directory.report_html,
        directory.report_md, directory.junit_xml,
    )  # fmt: skip

    assert [path.name for path in paths] == [
        "run.json", "latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl", "result.json",
        "baseline.json", "report.html", "report.md", "junit.xml",
    ]  # fmt: skip
    assert {path.parent for path in paths} == {tmp_path}


def test_a_root_that_is_a_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    root.write_text("", encoding="utf-8")

    with pytest.raises(RunLogError, match=r"runs.*name another --run-directory"):
        new_directory(root)
    with pytest.raises(RunLogError, match=r"Not a directory.*name another --run-directory"):
        new_directory(root / "below")


def test_run_json_is_read_back_and_replaced(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.write_run(run_content(status="running", end_utc=None, end_ns=None))
    directory.write_run(run_content())

    run = RunDirectory.open(str(directory.path)).read_run()

    assert (run.status, run.start_ns) == ("complete", START_NS)
    assert [path.name for path in directory.path.iterdir()] == ["run.json"]


def test_a_record_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.write_run(run_content())

    with pytest.raises(RunLogError, match="clock"):
        directory.write_run(run_content(clock="sundial"))

    assert directory.read_run().clock == "kernel"


@pytest.mark.parametrize("made", ["nothing", "an empty directory", "a file"])
def test_opening_what_is_no_run_directory_is_refused(tmp_path: Path, made: str) -> None:
    path = tmp_path / "run"
    if made == "an empty directory":
        path.mkdir()
    elif made == "a file":
        path.write_text("", encoding="utf-8")

    with pytest.raises(RunLogError, match=r"run: a run directory was wanted, found no"):
        RunDirectory.open(path)


def test_run_json_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunLogError, match=r"run\.json cannot be read: No such file"):
        RunDirectory(tmp_path).read_run()


def test_on_a_full_disk_the_old_run_json_stays(tmp_path: Path) -> None:
    """A process that may write 64 bytes per file stands for the full disk."""
    directory = new_directory(tmp_path)
    directory.write_run(run_content(status="running", end_utc=None, end_ns=None))
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from analysis.errors import RunLogError\n"
        "from analysis.run_directory import RunDirectory\n"
        "from tests.analysis.run_content import run_content\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "try:\n"
        "    RunDirectory(Path(sys.argv[1])).write_run(run_content())\n"
        "except RunLogError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(directory.path)], capture_output=True, text=True, check=True
    )

    assert "run.json cannot be written: File too large; make room, then run again" in ended.stdout
    assert directory.read_run().status == "running"
    assert list(directory.path.iterdir()) == [directory.run_json]
