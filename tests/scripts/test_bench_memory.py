"""The memory benchmark records what it says, and what it finds is bounded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.run_log import RunLog
from scripts.bench import memory
from scripts.bench.contender import OURS
from scripts.checkout import ROOT

GOAL_MB = 64.0


def test_a_simulated_day_is_in_the_run_log_to_the_last_observation(tmp_path: Path) -> None:
    """Readings, run log and Locust's own statistics agree; no more than the last minute is kept in memory."""
    words = [sys.executable, "-P", "-m", "locustfiles.bench.simulated_day", str(tmp_path), "200", "20000"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    [run] = (tmp_path / "runs").iterdir()
    log = RunLog.read(run)
    told = log.totals()["query"]
    metrics = ("response", "service", "ttfb", "send_lag", "wake_lag")
    entered = sum(log.merged(f"query.{metric}", 0, 200).count for metric in metrics)
    entered += log.merged("generator.loop_lag", 0, 200).count
    last = readings[-1]

    assert len(readings) == 101
    assert readings[0]["observations"] == 0
    assert last["second"] == 200
    assert last["observations"] == entered >= 20_000
    assert last["requests_counted_by_locust"] == told.started == told.ok + sum(told.failed.values())
    assert last["seconds_kept_by_locust"] <= 2 * 62
    assert last["slices_kept_for_abort_rules"] <= 34
    assert last["errors_kept_by_locust"] == 1


def test_what_the_benchmark_prints_holds_the_larger_growth() -> None:
    plan = memory.Plan(day_s=60, observations=6_000, full_speed_s=2.0, warm_up_s=0.2, tools=(OURS,))

    measured = memory.measured_memory(plan)
    told = json.loads(json.dumps(memory.document(measured)))

    assert told["day"]["seconds"] == 60
    assert told["day"]["observations"] >= 6_000
    assert told["full_speed"][OURS]["requests"] > 0
    assert told["growth_mb"] == round(max(measured.day.growth_mb, measured.full_speed[OURS].growth_mb), 1)
    assert 0 <= told["growth_mb"] < GOAL_MB


@pytest.mark.slow
def test_a_day_of_a_hundred_million_observations_stays_within_64_mb() -> None:
    day = memory.simulated_day(memory.FULL)

    assert day.seconds == 86_400
    assert day.observations >= 100_000_000
    assert day.growth_mb <= GOAL_MB
    assert day.second_half_mb <= GOAL_MB / 8
