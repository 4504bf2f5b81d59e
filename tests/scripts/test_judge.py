"""`plimsoll judge` as people and CI start it: its files, its output and its exit code."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import BaselineError
from analysis.result import Result
from scripts.baseline import promote_command
from scripts.judge import judge_command
from tests.run_builder import build_run, build_runs
from tests.scripts.recorded import record_candidate


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("baselines")
    promote_command(record_candidate(root, build_runs(tmp_path_factory.mktemp("runs"), 5)), "rolling", root)
    return root


def run_judge(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "scripts.cli", "judge", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_judged_run_has_its_result_and_its_reports(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9)

    code = judge_command([run], "auto", False, False, root)

    assert code == 0
    for name in ("result.json", "baseline.json", "report.html", "report.md", "junit.xml"):
        assert (run / name).stat().st_size > 0


def test_judging_again_changes_no_byte_of_any_file(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9)
    judge_command([run], "auto", False, False, root)
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    judge_command([run], "auto", False, False, tmp_path / "no baselines")

    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_the_process_exits_with_the_verdict_and_prints_it(tmp_path: Path, root: Path) -> None:
    done = run_judge(build_run(tmp_path, number=9, scale=1.5), "--baselines", root)

    assert done.returncode == 1
    assert done.stdout.startswith("REGRESSION (exit code 1)\n  ")
    assert "query response p95 changed by +4" in done.stdout
    assert done.stdout.rstrip().endswith("report.html")
    assert done.stderr == ""


def test_json_on_stdout_is_the_result(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = build_run(tmp_path, number=9)

    code = judge_command([run], "auto", False, True, root)

    told = capsys.readouterr().out
    assert told == (run / "result.json").read_text()
    assert Result.from_json(told).exit_code == code == 0


def test_no_baseline_is_no_pass_unless_asked_for(tmp_path: Path) -> None:
    run = build_run(tmp_path)

    assert judge_command([run], "auto", False, False, tmp_path / "none") == 4
    assert judge_command([run], "none", False, False, tmp_path / "none") == 0


def test_a_directory_without_a_run_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run_judge(tmp_path)

    assert done.returncode == 3
    assert done.stderr.startswith("plimsoll: ")
    assert done.stderr.count("\n") == 1


def test_a_corrupt_copy_of_the_baseline_is_named(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9)
    judge_command([run], "auto", False, False, root)
    (run / "baseline.json").write_text("{}")

    with pytest.raises(BaselineError, match=r"baseline\.json: schema: found nothing"):
        judge_command([run], "auto", False, False, root)


def test_a_run_that_was_cut_short_is_invalid_and_has_reports(tmp_path: Path, root: Path) -> None:
    stop = {"status": "stopped", "stop": {"kind": "signal", "detail": "SIGINT came before the end"}}
    run = build_run(tmp_path, number=9, slices=30, run=stop)

    assert judge_command([run], "auto", False, False, root) == 3
    assert "SIGINT came before the end" in (run / "report.md").read_text()
    assert json.loads((run / "result.json").read_text())["verdict"] == "invalid"


def test_several_runs_are_judged_together(tmp_path: Path, root: Path) -> None:
    runs = build_runs(tmp_path, 3, first=9, scale=1.25)

    assert judge_command(runs, "auto", False, False, root) == 1
    assert (runs[-1] / "report.html").exists()
    assert not (runs[0] / "report.html").exists()


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, root: Path) -> None:
    """A directory in the place of a report cannot be replaced by a file, as root too."""
    run = build_run(tmp_path, number=9)
    (run / "result.json").mkdir()
    (run / "result.json" / "x").touch()

    done = run_judge(run, "--baselines", root)

    assert done.returncode == 3
    assert "the result cannot be written" in done.stderr
    shutil.rmtree(run / "result.json")
