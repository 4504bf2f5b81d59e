"""The noise block: what it holds of runs, sessions and comparisons of the service with itself."""

import math
from dataclasses import replace

import pytest

from analysis.aa_noise import AaNoise
from analysis.arms import name_parts
from analysis.baseline import Baseline
from analysis.baseline_noise import noise_of, with_aa_noise
from analysis.gate import GateRules
from analysis.noise import Spread, sample_deviation
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


@pytest.mark.parametrize(
    ("deviation", "df", "floor"),
    [
        (0.02, 24, 0.02 / math.sqrt(2)),
        (0.02, 9, 0.03),
        (0.08, 9, 0.08 / math.sqrt(2)),
        (0.0, 24, 0.003),
    ],
)
def test_the_floor_comes_from_pairs_of_the_service_with_itself(
    deviation: float, df: float, floor: float
) -> None:
    """A p95 has 3 % by default; few pairs may raise it, twenty or more may lower it, never to nothing."""
    aa = AaNoise({P95: Spread(deviation, df, floored=False)}, pairs=25, gates=4, false_regressions=1)

    found = with_aa_noise(stored_baseline(), aa)

    noise = found.noise[P95]
    assert noise.s_floor == pytest.approx(floor)
    assert (noise.s_pair_aa, noise.aa_df) == (deviation, df)
    assert noise.s_run == stored_baseline().noise[P95].s_run
    assert found.floors()[P95] == noise.s_floor
    assert found.gate_health is not None
    assert (found.gate_health.aa_gates, found.gate_health.aa_false_regressions) == (4, 1)
    assert found.content_sha256 == found.sealed().content_sha256


def test_noise_of_what_the_baseline_does_not_decide_is_left_out() -> None:
    aa = AaNoise({"query.service.p50": Spread(0.1, 24, floored=False)}, 25, 4, 0)

    assert with_aa_noise(stored_baseline(), aa).noise == stored_baseline().noise


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("query.response.p95", ("query", "response", "p95")),
        ("query.response.p99.9", ("query", "response", "p99.9")),
        ("query.stage.embed.p99", ("query", "stage.embed", "p99")),
        ("*.prometheus.queue.mean", ("*", "prometheus.queue", "mean")),
        ("*.errors.ratio", ("*", "errors", "ratio")),
    ],
)
def test_a_name_has_three_parts_some_with_dots(name: str, parts: tuple[str, str, str]) -> None:
    assert name_parts(name) == parts
