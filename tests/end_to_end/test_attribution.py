"""A regression of a real service is shown with the stage that became slow."""

from pathlib import Path
from typing import Any

import pytest

from analysis.attribution import attribute
from analysis.comparison import compare
from analysis.judged_run import JudgedRun, read_judged_run
from analysis.result import Outcome
from scripts.run import execute_runs, order_for
from tests.servers.reference_service import reference_service

PROFILE = """
model = "closed"
mix = { query = 1 }
think = "0.05s"
drain = "5s"
[[stages]]
name = "warm-up"
duration = "2s"
level = 10
measure = false
[[stages]]
name = "steady"
duration = "6s"
level = 10
"""


def runs(folder: Path, count: int, **options: Any) -> list[JudgedRun]:
    """Whether they are valid depends on what else this machine does, and is not asked."""
    folder.mkdir()
    profile = folder / "short.toml"
    profile.write_text(PROFILE)
    with reference_service(folder, cache=False, tokens=3, ttft_ms=10.0, token_ms=4.0, **options) as service:
        order = order_for("reference", str(profile), base_url=service.base_url, run_root=folder / "runs")
        paths = execute_runs(order, count)
    return [read_judged_run(path) for path in paths]


@pytest.mark.slow
def test_a_slow_retrieval_is_named_first(tmp_path: Path) -> None:
    """Without the fault it takes 6 ms of 30."""
    old = runs(tmp_path / "old", 3)
    (new,) = runs(tmp_path / "new", 1, retrieve_ms=80.0)

    rows = compare([run.summary() for run in old], [new.summary()], new.rules, {})
    found = {(one.metric, one.statistic): one.companions for one in attribute(rows)}

    assert {row.statistic for row in rows if row.gated and row.outcome is Outcome.REGRESSION} >= {"p50"}
    first = found["response", "p50"][0]
    assert (first.endpoint, first.metric, first.statistic) == ("query", "stage.retrieve", "p50")
    assert first.low is not None
    assert first.low > 1.0
