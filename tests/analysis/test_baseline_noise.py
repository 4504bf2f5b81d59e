"""The noise block: what it holds of runs, sessions and comparisons of the service with itself."""

import math
from dataclasses import replace

import pytest

from analysis.baseline import Baseline
from analysis.baseline_noise import noise_of
from analysis.gate import GateRules
from analysis.noise import sample_deviation
from analysis.profile import Model
from analysis.run_summary import Summary
from tests.analysis.stored_baseline import stored_baseline

RULES = GateRules(Model.OPEN, {"stream"}, {}, {"query": 2.0, "stream": 1.0})
P95 = "query.response.p95"


def two_sessions(later: float) -> Baseline:
    """Runs of 400 ms and a little, and as many a week after, `later` times as long."""
    first = stored_baseline().runs
    second = tuple(
        replace(
            run,
            run_id=f"later-{run.run_id}",
            start_utc=run.start_utc.replace("11-21", "11-28"),
            series={
                key: Summary(found.count, {name: value * later for name, value in found.values.items()})
                for key, found in run.series.items()
            },
        )
        for run in first
    )
    return replace(stored_baseline(), runs=(*first, *second))


def test_one_session_tells_the_scatter_of_runs_alone() -> None:
    runs = stored_baseline().runs

    noise = noise_of(runs, RULES)[P95]

    logs = [math.log(run.series["query.response"].values["p95"]) for run in runs]
    assert noise.s_run == pytest.approx(sample_deviation(logs))
    assert (noise.df, noise.s_floor) == (4, 0.03)
    assert noise.session is None


def test_two_sessions_tell_how_much_sessions_differ() -> None:
    """Two values a tenth apart have the standard deviation of 0.1 / sqrt 2."""
    noise = noise_of(two_sessions(math.exp(0.1)).runs, RULES)[P95]

    assert noise.session is not None
    assert noise.session.deviation == pytest.approx(0.1 / math.sqrt(2), rel=1e-3)
    assert noise.session.df == 1
    assert noise.s_run == pytest.approx(noise_of(stored_baseline().runs, RULES)[P95].s_run)
    assert noise.df == 8


def test_noise_is_kept_of_all_that_may_decide() -> None:
    rules = replace(RULES, margins={"prometheus.queue.rise": 0.2})

    assert "*.prometheus.queue.mean" in noise_of(stored_baseline().runs, rules)
    assert "*.prometheus.queue.mean" not in noise_of(stored_baseline().runs, RULES)


def test_a_baseline_knows_the_noise_between_sessions_by_name() -> None:
    carried = stored_baseline().carried()

    assert {name: (noise.deviation, noise.df) for name, noise in carried.items()} == {P95: (0.02, 3)}
