"""The same run directory gives the same files, byte for byte: again, elsewhere, and on another Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.baseline import BaselineKind, baseline_path, write_baseline
from analysis.baseline_builder import build_baseline
from analysis.exit_code import ExitCode
from scripts.checkout import ROOT
from scripts.judge import judge_command
from tests.run_builder import build_runs

MADE = ("result.json", "baseline.json", "report.md", "report.html", "junit.xml")
OTHER_PYTHON = "PLIMSOLL_OTHER_PYTHON"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that nobody has judged, and a baseline of five others."""
    root = tmp_path_factory.mktemp("recorded")
    baseline = build_baseline(build_runs(tmp_path_factory.mktemp("stored"), 5))
    place = baseline_path(
        root / "baselines", baseline.target, baseline.profile, baseline.env8, BaselineKind.ROLLING
    )
    write_baseline(baseline, place)
    build_runs(root / "runs", 2, first=9, failed={"query": {"timeout": 1, "http_5xx": 1}})
    return root


@pytest.fixture(scope="module")
def judged_here(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = shutil.copytree(recorded, tmp_path_factory.mktemp("here") / "copy")
    judge_command(runs_of(root), "auto", False, False, root / "baselines")
    return made(root)


def runs_of(root: Path) -> list[Path]:
    return sorted((root / "runs").iterdir())


def made(root: Path) -> dict[str, bytes]:
    return {name: (runs_of(root)[-1] / name).read_bytes() for name in MADE}


def judged_by(python: str, root: Path) -> dict[str, bytes]:
    """In a process with another order of sets, another time zone and another language."""
    words = [
        python,
        "-m",
        "scripts.cli",
        "judge",
        *map(str, runs_of(root)),
        "--baselines",
        str(root / "baselines"),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (ExitCode.PASS, ExitCode.REGRESSION, ExitCode.INCONCLUSIVE), done.stderr
    return made(root)


def test_judging_a_copy_in_another_process_gives_the_same_bytes(
    recorded: Path, judged_here: dict[str, bytes], tmp_path: Path
) -> None:
    root = shutil.copytree(recorded, tmp_path / "somewhere else")

    assert differing(judged_by(sys.executable, root), judged_here) == []


def test_judging_again_gives_the_same_bytes(
    judged_here: dict[str, bytes], recorded: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(recorded, tmp_path / "again")
    for _ in range(2):
        judge_command(runs_of(root), "auto", False, False, root / "baselines")

    assert differing(made(root), judged_here) == []


@pytest.mark.other_python
def test_another_python_makes_the_same_bytes(
    recorded: Path, judged_here: dict[str, bytes], tmp_path: Path
) -> None:
    other = os.environ.get(OTHER_PYTHON)
    if other is None:
        pytest.fail(f"set {OTHER_PYTHON} to another Python, which has what requirements.txt lists")
    root = shutil.copytree(recorded, tmp_path / "copy")

    assert differing(judged_by(other, root), judged_here) == []


def differing(found: dict[str, bytes], wanted: dict[str, bytes]) -> list[str]:
    return [name for name in MADE if found[name] != wanted[name]]
