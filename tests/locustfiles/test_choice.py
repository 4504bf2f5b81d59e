"""What a run is asked for is refused before any load, whatever is wrong with it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mistakes import MISTAKES, SECRET

ROOT = Path(__file__).parents[2]
Refusals = Mapping[str, tuple[int, str]]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    folder = tmp_path_factory.mktemp("choices")
    command = [sys.executable, "-m", "tests.locustfiles.choice_process", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not list(folder.glob("**/run.json"))
    told: Refusals = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line_that_shows_no_secret(refusals: Refusals, name: str) -> None:
    code, said = refusals[name]

    assert code == 2
    assert MISTAKES[name].said in said
    assert "\n" not in said
    assert SECRET not in said
