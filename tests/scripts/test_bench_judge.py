"""A run of any length can be made up, and judging an hour of 36 million requests is quick and small."""

import json
from pathlib import Path

import pytest

from analysis.judge import judge
from analysis.result import Verdict
from analysis.run_log import RunLog
from scripts.bench import judging
from scripts.bench.long_run import ENDPOINTS, MEDIANS_US, LongRun, write_long_run

GOAL_S, GOAL_MB = 5.0, 300.0


def test_a_made_up_run_has_every_request_in_every_metric_and_passes(tmp_path: Path) -> None:
    directory = write_long_run(tmp_path / "long", LongRun(seconds=40, per_slice=250))
    log = RunLog.read(directory.path)
    result = judge([directory.path], baseline="none", baselines_root=tmp_path)

    assert log.damage == ()
    assert log.slices == 40
    for endpoint in ENDPOINTS:
        assert log.totals()[endpoint].ok == 40 * 250
        for metric in MEDIANS_US:
            assert log.merged(f"{endpoint}.{metric}").count == 40 * 250
    assert result.verdict is Verdict.PASS, result.reasons


def test_the_same_made_up_run_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_long_run(tmp_path / name / "long", LongRun(seconds=4, per_slice=50))

    for file in ("latency.hlog", "counts.jsonl", "samples.jsonl", "run.json"):
        first, second = (tmp_path / name / "long" / file for name in ("first", "second"))
        assert first.read_bytes() == second.read_bytes(), file


def test_the_benchmark_tells_time_and_memory_of_both_ways() -> None:
    run = LongRun(seconds=20, per_slice=250)

    told = json.loads(json.dumps(judging.document(run, judging.measured_judging(run, 1))))

    assert told["requests"] == 15_000
    for way in ("verdict", "reports"):
        assert told[way]["took_s"] > 0
        assert told[way]["peak_mb"] > 20


@pytest.mark.slow
def test_an_hour_of_36_million_requests_is_judged_in_5_s_and_300_mb() -> None:
    measured = judging.measured_judging(judging.FULL, judging.ROUNDS)

    assert judging.FULL.requests >= 36_000_000
    assert measured["verdict"].took_s <= GOAL_S
    assert measured["verdict"].peak_mb <= GOAL_MB
