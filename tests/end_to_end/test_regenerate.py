"""A regeneration as the weekly job makes it, with real runs against the reference service."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.baseline import read_baseline
from analysis.exit_code import ExitCode
from tests.servers.reference_service import reference_service

PROFILE = """
model = "closed"
mix = { query = 3, health = 1 }
think = ["20ms", "40ms"]
drain = "5s"
[[stages]]
name = "warm-up"
duration = "1s"
level = 4
measure = false
[[stages]]
name = "steady"
duration = "3s"
level = 4
"""


ATTEMPTS = 3
"""Neighbours may make more runs invalid than are made again; then nothing is written."""


@pytest.mark.alone
@pytest.mark.slow
def test_two_weeks_leave_a_page_a_history_and_what_was_promoted(tmp_path: Path) -> None:
    profile = tmp_path / "short.toml"
    profile.write_text(PROFILE)
    baselines = tmp_path / "baselines"
    with reference_service(tmp_path) as service:
        words = [
            *(
                "regenerate",
                "--target",
                "reference",
                "--profile",
                str(profile),
                "--base-url",
                service.base_url,
            ),
            *("--runs", "5", "--pairs", "2", "--run-root", str(tmp_path / "runs")),
            *("--baselines", str(baselines), "--json"),
        ]
        first = regenerated(words, baselines, rows=0)
        candidate = Path(first["candidate"])

        assert (first["verdict"], first["exit_code"]) == ("no_baseline", ExitCode.INCONCLUSIVE)
        assert first["pairs"] == 2
        assert len(read_baseline(candidate).runs) == 5
        assert "2 pairs of the same version" in Path(first["review"]).read_text()
        assert len(Path(first["history"]).read_text().splitlines()) == 1

        plimsoll("baseline", "promote", str(candidate), "--baselines", str(baselines))
        rolling = candidate.with_name(f"{first['env8']}.rolling.json")
        plimsoll("baseline", "promote", str(rolling), "--as", "anchor", "--baselines", str(baselines))
        second = regenerated(words, baselines, rows=1)

    assert second["rolling"]["outcome"] == second["anchor"]["outcome"] is not None
    assert second["rolling"]["baseline_id"] == second["anchor"]["baseline_id"] == first["baseline_id"]
    assert len(Path(second["history"]).read_text().splitlines()) == 2


def regenerated(words: list[str], baselines: Path, rows: int) -> dict[str, Any]:
    """What it printed, in one of a few attempts; one that ends with 3 has left the history as it was."""
    for _ in range(ATTEMPTS):
        done = plimsoll(*words)
        if done.returncode != ExitCode.INVALID:
            break
        assert "left out" in done.stderr
        assert sum(len(path.read_text().splitlines()) for path in baselines.rglob("history.jsonl")) == rows
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == found["exit_code"], done.stderr
    return found


def plimsoll(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *words], capture_output=True, text=True, check=False
    )
