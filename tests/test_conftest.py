"""Tests that must be alone are alone, though others run in another process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
# Each test notes when it ran; none sleeps for a state, it only takes some time.
TESTS = """
import json, os, time
from pathlib import Path
import pytest

pytestmark = [pytest.mark.{mark}]

@pytest.mark.parametrize("number", range({count}))
def test_something(number):
    begun = time.monotonic()
    time.sleep(0.02)
    note = ["{mark}", os.environ["PYTEST_XDIST_WORKER"], begun, time.monotonic()]
    Path(f"{mark}-{{number}}.json").write_text(json.dumps(note))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  alone\n  together\n")
    for mark, count in (("alone", 4), ("together", 40)):
        (tmp_path / f"test_{mark}.py").write_text(TESTS.format(mark=mark, count=count))
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:locust", "-q", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_files_with_tests_that_are_alone_come_last(folder: Path) -> None:
    listed = run(folder, "--collect-only").stdout.splitlines()
    files = [line.partition("::")[0] for line in listed if "::" in line]

    assert files == ["test_together.py"] * 40 + ["test_alone.py"] * 4


def test_nothing_runs_beside_a_test_that_is_alone(folder: Path) -> None:
    done = run(folder, "-n", "2", "--dist", "loadfile")
    notes = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    alone = [note for note in notes if note[0] == "alone"]
    together = [note for note in notes if note[0] == "together"]

    assert done.returncode == 0, done.stdout
    assert (len(alone), len(together)) == (4, 40)
    assert {worker for _, worker, *_ in alone}.isdisjoint(worker for _, worker, *_ in together)
    assert not [(a, b) for a in alone for b in together if a[2] < b[3] and b[2] < a[3]]
