"""What a forecast promises, against what comparisons of an unchanged service then do."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from analysis.baseline import Baseline
from analysis.baseline_parts import Noise, StoredRun
from analysis.comparison import compare
from analysis.gate import GateRules
from analysis.power import ENOUGH, chance_of_all, forecast, pass_probability, percent, runs_enough
from analysis.profile import Model
from analysis.result import Outcome
from analysis.run_summary import RunSummary, Summary
from analysis.screen import Limits, adjusted_p, outcomes, screen
from tests.analysis.stored_baseline import stored_baseline

RULES = GateRules(Model.OPEN, frozenset(), {}, {"query": 1.0})
LIMIT = math.log1p(0.10)


@pytest.mark.parametrize("candidates", [1, 3, 5])
@pytest.mark.parametrize("sd", [0.03, 0.05])
def test_the_chance_is_how_often_an_unchanged_service_passes(sd: float, candidates: int) -> None:
    """True deviation known, at the floor and above it; five stored runs."""
    random = np.random.default_rng([41, candidates, round(sd * 1000)])
    limits = Limits(LIMIT, -LIMIT)
    passed = 0
    for _ in range(2000):
        old, new = random.normal(0, sd, 5).tolist(), random.normal(0, sd, candidates).tolist()
        found = [screen(old, new, floor=0.001, limits=limits)]
        passed += outcomes(found, adjusted_p(found))[0] in (Outcome.PASS, Outcome.IMPROVEMENT)

    df = 4 + (candidates - 1 if candidates < 5 else 4)
    chance = pass_probability(LIMIT, sd * math.sqrt(1 / 5 + 1 / candidates), df)

    assert chance == pytest.approx(passed / 2000, abs=0.035)


def test_a_limit_that_nothing_reaches_is_always_kept() -> None:
    assert pass_probability(math.inf, 0.1, 4) == 1.0


def baseline(sd: float = 0.02, requests: int = 3000, noise: Mapping[str, Noise] | None = None) -> Baseline:
    """Five runs of one endpoint whose logarithms scatter by `sd`, exactly."""
    steps = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    scales = np.exp(steps / steps.std(ddof=1) * sd).tolist()
    runs = tuple(
        StoredRun(
            run_id=f"run-{number}",
            start_utc=f"2025-11-21T10:0{number}:00Z",
            measured_s=50.0,
            series={
                "query.response": Summary(
                    requests, {"p50": 200e3 * scale, "p95": 400e3 * scale, "p99": 500e3}
                ),
                "query.errors": Summary(requests, {"ratio": 0.0}),
            },
            counts={},
            validity={},
        )
        for number, scale in enumerate(scales)
    )
    return replace(stored_baseline(), runs=runs, noise=noise or {})


def test_more_runs_make_a_pass_likelier() -> None:
    chances = [chance_of_all(forecast(baseline(0.04), RULES, runs)) for runs in (1, 3, 5, 12)]

    assert chances == sorted(chances)
    assert chances[0] < 0.5 < chances[-1]


def test_the_least_likely_metric_comes_first() -> None:
    rules = replace(RULES, margins={"response.p50": 0.05})

    found = forecast(baseline(0.02), rules, 3)

    assert found[0].name == "query.response.p50"
    assert [one.chance for one in found] == sorted(one.chance for one in found)


def test_only_what_a_comparison_would_gate_is_forecast() -> None:
    """p95 from 2000 observations over the new runs, p99 from 10 000, of 600 in each stored run."""
    names = {runs: {one.name for one in forecast(baseline(requests=600), RULES, runs)} for runs in (1, 4)}

    assert names[1] == {"query.response.p50", "query.errors.ratio"}
    assert names[4] == {*names[1], "query.response.p95"}


def test_a_forecast_names_what_the_comparison_gates() -> None:
    stored = baseline(0.02)
    new = [replace(run, run_id=f"new-{run.run_id}") for run in stored.summaries()[:3]]

    gated = {
        f"{row.endpoint}.{row.metric}.{row.statistic}"
        for row in compare(stored.summaries(), new, RULES, stored.floors())
        if row.gated
    }

    assert {one.name for one in forecast(stored, RULES, 3)} == gated


def test_nothing_to_gate_is_no_chance_to_pass() -> None:
    assert chance_of_all(forecast(baseline(requests=30), RULES, 1)) == 0.0


def test_noise_between_sessions_makes_a_pass_less_likely() -> None:
    known = Noise(0.02, 0.03, 4, s_session=0.05, session_df=6)

    alone = {one.name: one.chance for one in forecast(baseline(0.02), RULES, 3)}
    careful = {
        one.name: one.chance
        for one in forecast(baseline(0.02, noise={"query.response.p95": known}), RULES, 3)
    }

    assert careful["query.response.p95"] < alone["query.response.p95"] - 0.1
    assert careful["query.response.p50"] == alone["query.response.p50"]


def test_a_forecast_holds_for_whole_comparisons() -> None:
    """Both percentiles move together here, so that the chance of both is not below the product."""
    random = np.random.default_rng(43)
    stored = baseline(0.04)
    passed = 0
    for _ in range(300):
        new = []
        for number, scale in enumerate(np.exp(random.normal(0, 0.04, 3)).tolist()):
            series = {
                "query.response": Summary(3000, {"p50": 200e3 * scale, "p95": 400e3 * scale}),
                "query.errors": Summary(3000, {"ratio": 0.0}),
            }
            new.append(RunSummary(f"new-{number}", "2025-11-21T12:00:00Z", 50.0, series))
        rows = [row for row in compare(stored.summaries(), new, RULES, stored.floors()) if row.gated]
        passed += all(row.outcome in (Outcome.PASS, Outcome.IMPROVEMENT) for row in rows)

    assert passed / 300 >= chance_of_all(forecast(stored, RULES, 3)) - 0.1


def test_enough_runs_are_more_than_there_are_and_as_few_as_will_do() -> None:
    enough = runs_enough(baseline(0.03), RULES, 1)

    assert enough is not None
    runs, chance = enough
    assert runs > 1
    assert chance == chance_of_all(forecast(baseline(0.03), RULES, runs)) >= ENOUGH
    assert chance_of_all(forecast(baseline(0.03), RULES, 1)) < ENOUGH


def test_no_number_of_runs_is_enough_for_a_margin_within_the_noise() -> None:
    assert runs_enough(baseline(0.15), RULES, 1) is None


@pytest.mark.parametrize(("chance", "text"), [(0.0, "1 %"), (0.5, "50 %"), (1.0, "99 %")])
def test_no_chance_is_said_to_be_certain(chance: float, text: str) -> None:
    assert percent(chance) == text
