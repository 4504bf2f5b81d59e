import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from analysis.comparison import overall
from analysis.gate import CROWDED_OUT
from analysis.interval import student
from analysis.noise import FLOOR_DF, Spread
from analysis.paired import compare_pairs
from analysis.result import ComparisonRow, Outcome
from analysis.run_summary import RunSummary, Summary
from tests.analysis.pair_builder import REQUESTS, RULES, pairs, pairs_of, run

ALPHA = 0.02


def row_of(rows: Sequence[ComparisonRow], statistic: str) -> ComparisonRow:
    return next(row for row in rows if row.statistic == statistic)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (0.0, Outcome.PASS),
        (0.15, Outcome.REGRESSION),
        (-0.15, Outcome.IMPROVEMENT),
        (0.05, Outcome.INCONCLUSIVE),
    ],
)
def test_a_change_between_the_arms_has_its_outcome(change: float, outcome: Outcome) -> None:
    rows = compare_pairs(pairs(6, change=change), RULES, {}, alpha=ALPHA)

    assert row_of(rows, "p50").outcome is outcome
    assert row_of(rows, "p95").outcome is outcome
    assert overall(rows) is outcome


def test_the_interval_is_that_of_a_paired_t_on_logarithms() -> None:
    a, b = [100e3, 110e3, 90e3, 105e3], [104e3, 118e3, 91e3, 110e3]
    row = row_of(compare_pairs(pairs_of("p50", a, b, metric="query.response"), RULES, {}, alpha=ALPHA), "p50")

    logs = [math.log(new / old) for old, new in zip(a, b, strict=True)]
    mean = sum(logs) / 4
    deviation = math.sqrt(sum((d - mean) ** 2 for d in logs) / 3)
    half = student(1 - ALPHA, 3) * deviation / 2
    assert row.change == pytest.approx(math.expm1(mean))
    assert row.low == pytest.approx(math.expm1(mean - half))
    assert row.high == pytest.approx(math.expm1(mean + half))
    assert row.baseline is not None
    assert row.candidate == pytest.approx(row.baseline * (1 + (row.change or 0)))


def test_a_drift_over_time_cancels_out_within_an_even_number_of_pairs() -> None:
    """3 % from run to run is far more than any margin over a session."""
    rows = compare_pairs(pairs(4, noise=1e-6, drift=0.03), RULES, {}, alpha=ALPHA)

    assert row_of(rows, "p95").change == pytest.approx(0.0, abs=1e-5)


def test_margins_are_5_and_15_percent_where_the_target_sets_none() -> None:
    rows = compare_pairs(pairs(4), RULES, {}, alpha=ALPHA)

    assert {row.statistic: row.margin for row in rows} == {"p50": 0.05, "p95": 0.05, "p99": 0.15}


@pytest.mark.parametrize("key", ["response.p95", "query.response.p95"])
def test_a_target_s_own_margin_holds_for_pairs_too(key: str) -> None:
    rules = replace(RULES, margins={key: 0.3})
    rows = compare_pairs(pairs(6, change=0.15), rules, {}, alpha=ALPHA)

    assert row_of(rows, "p95").margin == 0.3
    assert row_of(rows, "p95").outcome is Outcome.PASS
    assert row_of(rows, "p50").outcome is Outcome.REGRESSION


@pytest.mark.parametrize(("margins", "margin"), [({}, 0.5), ({"health.response.p50": 0.05}, 0.05)])
def test_a_change_of_less_than_a_millisecond_is_within_a_default_margin(
    margins: Mapping[str, float], margin: float
) -> None:
    made = pairs_of("p50", [2_000.0] * 4, [2_200.0] * 4, metric="health.response")
    row = row_of(compare_pairs(made, replace(RULES, margins=margins), {}, alpha=ALPHA), "p50")

    assert row.margin == pytest.approx(margin, rel=0.01)


def test_pairs_of_two_kinds_are_not_decided_about() -> None:
    """Half of the pairs 20 % up and half of them not at all: no mean stands for that."""
    new = [100e3, 120e3, 100.4e3, 120.5e3, 99.8e3, 119.8e3, 100.1e3, 120.2e3]
    made = pairs_of("p50", [100e3] * 8, new, metric="query.response")
    row = row_of(compare_pairs(made, RULES, {}, alpha=ALPHA), "p50")

    assert row.outcome is Outcome.INCONCLUSIVE
    assert "the pairs fall into two groups, 20" in (row.reason or "")


def test_two_kinds_of_pairs_that_are_all_far_worse_are_a_regression() -> None:
    new = [130e3, 150e3, 130.4e3, 150.5e3, 129.8e3, 149.8e3, 130.1e3, 150.2e3]
    made = pairs_of("p50", [100e3] * 8, new, metric="query.response")

    assert row_of(compare_pairs(made, RULES, {}, alpha=ALPHA), "p50").outcome is Outcome.REGRESSION


def test_eight_metrics_decide_at_most_and_the_others_say_so() -> None:
    def many(pair: tuple[RunSummary, RunSummary]) -> tuple[RunSummary, RunSummary]:
        a, b = (run.series["query.response"] for run in pair)
        return tuple(  # type: ignore[return-value]
            replace(run, series={f"e{n}.response": own for n in range(5)})
            for run, own in zip(pair, (a, b), strict=True)
        )

    rows = compare_pairs([many(pair) for pair in pairs(6)], RULES, {}, alpha=ALPHA)

    assert sum(row.gated for row in rows) == 8
    assert {row.reason for row in rows if row.statistic == "p99"} == {CROWDED_OUT}


def test_fewer_answers_per_second_are_a_regression_with_a_negative_change() -> None:
    a, b = [100.0, 101.0, 99.0, 100.0], [88.0, 89.0, 87.5, 88.0]
    row = row_of(compare_pairs(pairs_of("rate", a, b, metric="*.throughput"), RULES, {}, alpha=ALPHA), "rate")

    assert row.outcome is Outcome.REGRESSION
    assert row.change == pytest.approx(-0.12, abs=0.01)
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.high < -row.margin
    assert row.smallest_effect is not None
    assert row.smallest_effect < -row.margin


@pytest.mark.parametrize(
    ("ratio", "outcome"), [(0.0, Outcome.PASS), (0.02, Outcome.REGRESSION), (0.005, Outcome.INCONCLUSIVE)]
)
def test_errors_are_compared_as_differences(ratio: float, outcome: Outcome) -> None:
    found = pairs_of("ratio", [0.0] * 4, [ratio] * 4, metric="query.errors")
    row = row_of(compare_pairs(found, RULES, {}, alpha=ALPHA), "ratio")

    assert row.outcome is outcome
    assert row.change == pytest.approx(ratio)
    assert row.margin == 0.005


def test_counting_alone_gives_a_ratio_of_few_requests_a_wide_interval() -> None:
    few = compare_pairs(
        pairs_of("ratio", [0.01] * 4, [0.01] * 4, metric="query.errors", requests=200), RULES, {}, alpha=ALPHA
    )

    assert row_of(few, "ratio").outcome is Outcome.INCONCLUSIVE
    assert (row_of(few, "ratio").high or 0) > 0.005


def test_pairs_that_agree_by_luck_are_held_to_the_floor() -> None:
    lucky = pairs(4, change=0.03, noise=1e-5)
    without = row_of(compare_pairs(lucky, RULES, {"query.response.p95": 1e-4}, alpha=ALPHA), "p95")
    floored = row_of(compare_pairs(lucky, RULES, {"query.response.p95": 0.03}, alpha=ALPHA), "p95")

    assert without.outcome is Outcome.PASS
    assert floored.outcome is Outcome.INCONCLUSIVE
    half = student(1 - ALPHA, FLOOR_DF) * 0.03 / 2
    assert floored.high == pytest.approx(1.03 * math.exp(half) - 1, rel=1e-3)


def test_noise_above_the_floor_is_never_averaged_with_it() -> None:
    noisy = pairs(4, noise=0.05)
    calm = row_of(compare_pairs(noisy, RULES, {}, alpha=ALPHA), "p95")
    same = row_of(compare_pairs(noisy, RULES, {"query.response.p95": 0.001}, alpha=ALPHA), "p95")

    assert (calm.low, calm.high) == (same.low, same.high)


def test_a_floor_brings_no_more_degrees_of_freedom_than_its_calibration_had() -> None:
    lucky = pairs(4, noise=1e-5)

    def width(floor: Spread | float) -> float:
        row = row_of(compare_pairs(lucky, RULES, {"query.response.p95": floor}, alpha=ALPHA), "p95")
        return (row.high or 0) - (row.low or 0)

    assert width(Spread(0.03, 5, floored=False)) > width(Spread(0.03, 11, floored=False)) > width(0.03)
    assert width(Spread(0.03, FLOOR_DF, floored=False)) == width(0.03)


def test_a_metric_that_the_new_version_lost_cannot_pass() -> None:
    made = [(a, run(b.run_id, other__response=Summary(10, {"p50": 1.0}))) for a, b in pairs(4)]
    rows = [row for row in compare_pairs(made, RULES, {}, alpha=ALPHA) if row.endpoint == "query"]

    assert {row.statistic for row in rows if row.gated} == {"p50", "p95"}
    assert {row.outcome for row in rows} == {Outcome.INCONCLUSIVE}
    assert row_of(rows, "p95").reason == "no value in every run of the candidate"


def test_a_percentile_waits_for_the_pairs_that_are_still_to_come() -> None:
    """500 requests a run leave 25 above the p95: 100 after four pairs, yet only 50 after two."""
    early = row_of(compare_pairs(pairs(2, requests=500), RULES, {}, alpha=ALPHA, final_pairs=12), "p95")
    alone = row_of(compare_pairs(pairs(2, requests=500), RULES, {}, alpha=ALPHA), "p95")
    later = row_of(compare_pairs(pairs(4, requests=500), RULES, {}, alpha=ALPHA, final_pairs=12), "p95")

    assert early.gated
    assert early.outcome is Outcome.INCONCLUSIVE
    assert "50 observations above it in 2 runs, 100 are needed" in (early.reason or "")
    assert not alone.gated
    assert later.gated
    assert later.outcome is Outcome.PASS


def test_a_percentile_with_too_few_in_a_run_is_shown_and_never_gated() -> None:
    row = row_of(compare_pairs(pairs(6, change=0.5), RULES, {}, alpha=ALPHA, final_pairs=12), "p99")

    assert REQUESTS * 0.01 >= 20
    assert row.gated
    few = row_of(
        compare_pairs(pairs(6, change=0.5, requests=1000), RULES, {}, alpha=ALPHA, final_pairs=12), "p99"
    )
    assert not few.gated
    assert few.primary


def test_many_metrics_make_a_regression_of_one_harder_to_prove() -> None:
    """Found alone, not surely enough among eight: Holm."""
    others = {f"e{number}__response" for number in range(7)}

    def widened(pair: tuple[RunSummary, RunSummary], noise: float) -> tuple[RunSummary, RunSummary]:
        a, b = pair
        calm = {name.replace("__", "."): Summary(REQUESTS, {"p50": 200e3 * noise}) for name in others}
        return replace(a, series={**a.series, **calm}), replace(b, series={**b.series, **calm})

    one = pairs_of("p50", [100e3] * 4, [109e3, 112e3, 108e3, 111e3], metric="query.response")
    many = [widened(pair, 1.0 + 0.001 * at) for at, pair in enumerate(one)]

    def outcome(found: Sequence[tuple[RunSummary, RunSummary]]) -> ComparisonRow:
        rows = compare_pairs(found, RULES, {"query.response.p50": 0.001}, alpha=0.01)
        return next(row for row in rows if row.endpoint == "query")

    assert outcome(one).outcome is Outcome.REGRESSION
    assert outcome(many).outcome is Outcome.INCONCLUSIVE
    assert "(Holm)" in (outcome(many).reason or "")


def test_an_inconclusive_row_names_the_smallest_effect_and_it_is_found_that_often() -> None:
    row = row_of(compare_pairs(pairs(4, change=0.03, noise=0.03), RULES, {}, alpha=ALPHA), "p50")
    assert row.outcome is Outcome.INCONCLUSIVE
    assert row.smallest_effect is not None
    assert row.smallest_effect > row.margin

    found = [
        row_of(
            compare_pairs(
                pairs_of_effect(row.smallest_effect, seed), RULES, {"query.response.p50": 0.03}, alpha=ALPHA
            ),
            "p50",
        ).outcome
        for seed in range(40)
    ]
    assert found.count(Outcome.REGRESSION) >= 34


def pairs_of_effect(effect: float, seed: int) -> list[tuple[RunSummary, RunSummary]]:
    return pairs(4, change=effect, noise=0.03, seed=seed)


def test_one_pair_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least 2 pairs, found 1"):
        compare_pairs(pairs(1), RULES, {}, alpha=ALPHA)
