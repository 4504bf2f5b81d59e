"""A run directory cut at any byte is judged without a traceback and never passes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.errors import PlimsollError, RunLogError
from analysis.judge import judge
from analysis.profile import LoadProfile, Model, Stage
from analysis.run_directory import RunDirectory
from scripts.judge import judge_command
from scripts.report import report_command
from tests.end_to_end.bad_end import assert_readable, assert_reported
from tests.run_builder import build_run

PROFILE = LoadProfile(
    name="short",
    model=Model.CLOSED,
    mix={"query": 1.0},
    stages=(Stage("warm-up", 1, 5.0, measure=False), Stage("steady", 3, 5.0)),
    compare=False,
    file="profiles/short.toml",
)
CUTS = 60
LOGS = ("latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A small run that passes as it is."""
    path = build_run(tmp_path / "runs", profile=PROFILE, per_slice={"query": 30})
    assert exit_code(path) == 0
    return path


def exit_code(path: Path) -> int:
    """As `plimsoll judge` would end; only errors of the suite's own kind are caught."""
    try:
        return judge([path], baseline="none", baselines_root=path).exit_code
    except PlimsollError as error:
        return error.exit_code


def cut_positions(content: bytes) -> Iterator[int]:
    """Spread over the file, and around each end of a line."""
    yield from range(0, len(content), max(1, len(content) // CUTS))
    at = content.find(b"\n")
    while at >= 0:
        yield from (length for length in (at, at + 1) if length < len(content))
        at = content.find(b"\n", at + 1)


@pytest.mark.parametrize("name", LOGS)
def test_a_log_that_was_cut_never_passes(run: Path, name: str) -> None:
    """Between two lines as well, where the file itself looks whole."""
    content = (run / name).read_bytes()
    for length in sorted(set(cut_positions(content))):
        (run / name).write_bytes(content[:length])

        assert exit_code(run) == 3, f"{name} cut at {length} of {len(content)}"
        assert_readable(run)


def test_run_json_cut_at_any_byte_is_refused(run: Path) -> None:
    """Each byte of the text; the line's end behind it holds nothing."""
    path = run / "run.json"
    content = path.read_bytes()
    for length in range(len(content.rstrip())):
        path.write_bytes(content[:length])

        with pytest.raises(RunLogError, match=r"run\.json"):
            judge([run], baseline="none", baselines_root=run)


def test_all_files_cut_at_once_are_reported(run: Path, tmp_path: Path) -> None:
    """What a machine that lost its power leaves; the reports are written all the same."""
    for name in LOGS:
        content = (run / name).read_bytes()
        (run / name).write_bytes(content[: len(content) * 2 // 3])

    assert judge_command([run], "none", True, False, tmp_path) == 3
    assert_reported(run, 3, LOGS)


@pytest.mark.parametrize("name", [*LOGS, "run.json"])
def test_a_file_that_is_gone_never_passes(run: Path, name: str) -> None:
    (run / name).unlink()

    assert exit_code(run) == 3


def test_a_run_whose_writer_was_killed_never_passes(run: Path) -> None:
    """run.json still says running, and nobody is left to end it."""
    directory = RunDirectory(run)
    content = directory.run_json.read_text().replace('"complete"', '"running"')
    directory.run_json.write_text(content)

    assert exit_code(run) == 3


def test_a_result_cut_at_any_byte_makes_no_report(run: Path, tmp_path: Path) -> None:
    """`plimsoll report` refuses it, and says to judge again."""
    content = (run / "result.json").read_bytes()
    for length in range(0, len(content.rstrip()), max(1, len(content) // CUTS)):
        (run / "result.json").write_bytes(content[:length])

        with pytest.raises(PlimsollError, match=r"result\.json") as caught:
            report_command(run)
        assert caught.value.exit_code in (2, 3)
    assert exit_code(run) == 0


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path, run: Path) -> None:
    """An empty one, a file, and one with a whole run below it."""
    (tmp_path / "file").write_text("")
    shutil.copytree(run, tmp_path / "outer" / "inner")
    for path in (tmp_path / "file", tmp_path / "outer", tmp_path / "gone"):
        with pytest.raises(RunLogError, match="a run directory was wanted"):
            judge([path], baseline="none", baselines_root=tmp_path)
