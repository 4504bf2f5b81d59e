"""Tests that must be alone are alone, though others run in another process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

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


def test_nothing_runs_beside_a_test_that_is_alone(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  alone\n  together\n")
    for mark, count in (("alone", 4), ("together", 40)):
        (tmp_path / f"test_{mark}.py").write_text(TESTS.format(mark=mark, count=count))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-p", "no:locust", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    notes = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    alone = [note for note in notes if note[0] == "alone"]
    together = [note for note in notes if note[0] == "together"]

    assert done.returncode == 0, done.stdout
    assert (len(alone), len(together)) == (4, 40)
    assert {worker for _, worker, *_ in alone}.isdisjoint(worker for _, worker, *_ in together)
    assert not [(a, b) for a in alone for b in together if a[2] < b[3] and b[2] < a[3]]
