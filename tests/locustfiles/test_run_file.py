"""What a run's file says when the run starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

from analysis.environment import read_environment

ROOT = Path(__file__).parents[2]


def test_its_environment_holds_what_the_target_says_of_its_service(tmp_path: Path) -> None:
    """As the variable's value, since that is what has to be equal; the definition keeps its name."""
    command = [sys.executable, "-m", "tests.locustfiles.run_file_process", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "INDEX_SHA256": "1a2b"}, check=True, timeout=60)
    run = json.loads((tmp_path / "run.json").read_text())

    assert run["environment"]["hard"] == {**read_environment().hard, "service.index": "1a2b"}
    assert run["target_definition"]["environment"] == {"index": "${INDEX_SHA256}"}
