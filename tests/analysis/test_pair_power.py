"""What is promised before a session of pairs, against what sessions of an unchanged version then do."""

import math

import numpy as np
import pytest

from analysis.gate import GateRules
from analysis.looks import look_at
from analysis.noise import Spread
from analysis.pair_power import pairs_forecast, pairs_pass
from analysis.profile import Model
from analysis.result import Outcome
from tests.analysis.pair_builder import RULES, pairs

LIMIT = math.log1p(0.05)


@pytest.mark.parametrize("deviation", [0.02, 0.03, 0.05])
def test_the_chance_is_how_often_an_unchanged_version_passes(deviation: float) -> None:
    floors = {"query.response.p95": Spread(deviation, 22.0, floored=True)}
    passed = 0
    for seed in range(300):
        look = look_at(pairs(8, noise=deviation, seed=seed), RULES, floors, 8)
        row = next(row for row in look.rows if (row.metric, row.statistic) == ("response", "p95"))
        passed += row.outcome is Outcome.PASS

    assert pairs_pass(LIMIT, floors["query.response.p95"], 8) == pytest.approx(passed / 300, abs=0.09)


def test_more_pairs_and_less_noise_make_a_pass_likelier() -> None:
    chances = [
        pairs_pass(LIMIT, Spread(deviation, 22.0, floored=True), count)
        for deviation, count in ((0.06, 4), (0.06, 12), (0.02, 12))
    ]

    assert chances == sorted(chances)
    assert chances[0] < 0.2
    assert chances[-1] > 0.99


def test_what_decides_is_forecast_the_least_sure_first() -> None:
    floors = {
        "query.response.p50": Spread(0.01, 22.0, floored=True),
        "query.response.p95": Spread(0.09, 22.0, floored=True),
        "query.service.p95": Spread(0.5, 22.0, floored=True),
    }
    found = pairs_forecast(floors, RULES, 12)

    assert [one.name for one in found] == ["query.response.p95", "query.response.p50"]
    assert found[0].chance < 0.5 < found[1].chance


def test_errors_and_rates_have_margins_of_their_own() -> None:
    rules = GateRules(Model.CLOSED, set(), {"throughput.rate": 0.5}, {"query": 1.0, "health": 1.0})
    floors = {
        "*.errors.ratio": Spread(0.0005, 22.0, floored=True),
        "*.throughput.rate": Spread(0.1, 22.0, floored=True),
    }

    assert [one.chance > 0.99 for one in pairs_forecast(floors, rules, 12)] == [True, True]


def test_a_rate_that_may_drop_by_all_of_it_always_passes() -> None:
    assert pairs_pass(math.inf, Spread(0.1, 22.0, floored=True), 12) == 1.0
    assert np.isfinite(pairs_pass(LIMIT, Spread(0.0, 22.0, floored=True), 4))
