import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.comparison import compare, overall
from analysis.gate import GateRules
from analysis.profile import Model
from analysis.result import ComparisonRow, Outcome
from analysis.run_summary import RunSummary, Summary
from analysis.session import SessionNoise

RULES = GateRules(Model.CLOSED, {"stream"}, {})
WOBBLE = (0.99, 1.0, 1.01, 1.005, 0.995)


def run(number: int, **series: tuple[int, Mapping[str, float]]) -> RunSummary:
    named = {key.replace("__", "."): Summary(count, values) for key, (count, values) in series.items()}
    return RunSummary(f"run-{number}", "2025-11-21T10:00:00Z", 60.0, named)


def runs(scale: float = 1.0, count: int = 5, requests: int = 3000) -> list[RunSummary]:
    return [
        run(n, query__response=(requests, {"p50": 200e3 * w * scale, "p95": 400e3 * w * scale}))
        for n, w in enumerate(WOBBLE[:count])
    ]


def error_runs(ratio: float, requests: int, count: int = 5) -> list[RunSummary]:
    return [run(n, query__errors=(requests, {"ratio": ratio})) for n in range(count)]


def rate_runs(rate: float, count: int = 5) -> list[RunSummary]:
    found = []
    for n, w in enumerate(WOBBLE[:count]):
        series = {"*.throughput": Summary(6000, {"rate": rate * w})}
        found.append(RunSummary(f"run-{n}", "2025-11-21T10:00:00Z", 60.0, series))
    return found


def row_of(rows: Sequence[ComparisonRow], metric: str, statistic: str) -> ComparisonRow:
    return next(row for row in rows if (row.metric, row.statistic) == (metric, statistic))


@pytest.mark.parametrize(
    ("scale", "outcome"),
    [(1.0, Outcome.PASS), (1.5, Outcome.REGRESSION), (0.6, Outcome.IMPROVEMENT), (1.1, Outcome.INCONCLUSIVE)],
)
def test_a_change_of_latency_has_its_outcome(scale: float, outcome: Outcome) -> None:
    rows = compare(runs(), runs(scale, 3), RULES, {})

    assert [row.outcome for row in rows] == [outcome, outcome]
    assert all(row.gated for row in rows)
    assert overall(rows) is outcome


def test_the_change_is_that_of_geometric_means_inside_its_interval() -> None:
    row = row_of(compare(runs(), runs(1.5, 1), RULES, {}), "response", "p50")

    assert row.baseline == pytest.approx(200e3 * math.prod(WOBBLE) ** 0.2)
    assert row.change is not None
    assert row.change == pytest.approx(1.5 * 0.99 / math.prod(WOBBLE) ** 0.2 - 1)
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.change < row.high
    assert row.smallest_effect is not None
    assert row.smallest_effect > row.margin


def test_fewer_answers_per_second_are_a_regression_with_a_negative_change() -> None:
    row = row_of(compare(rate_runs(100.0), rate_runs(70.0, 3), RULES, {}), "throughput", "rate")

    assert row.outcome is Outcome.REGRESSION
    assert row.change == pytest.approx(-0.3, abs=0.01)
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.high < -row.margin
    assert row.smallest_effect is not None
    assert row.smallest_effect < -row.margin


@pytest.mark.parametrize(
    ("rate", "outcome"), [(94.0, Outcome.PASS), (86.0, Outcome.REGRESSION), (90.0, Outcome.INCONCLUSIVE)]
)
def test_the_margin_of_a_rate_is_a_drop_by_that_share(rate: float, outcome: Outcome) -> None:
    row = row_of(compare(rate_runs(100.0), rate_runs(rate, 5), RULES, {}), "throughput", "rate")

    assert row.outcome is outcome


def test_a_rate_may_drop_by_more_than_a_rise_by_its_margin_would_make_good() -> None:
    """9.5 % is within a margin of 10 %; undoing a rise by 10 % takes 9.1 %."""
    steady = [
        replace(run, series={"*.throughput": Summary(6000, {"rate": 100.0})}) for run in rate_runs(100.0)
    ]
    slower = [replace(run, series={"*.throughput": Summary(6000, {"rate": 90.5})}) for run in rate_runs(90.5)]

    rows = compare(steady, slower, RULES, {"*.throughput.rate": 0.001})

    assert row_of(rows, "throughput", "rate").outcome is Outcome.PASS


def test_no_rate_drops_by_more_than_all_of_it() -> None:
    rules = GateRules(Model.CLOSED, set(), {"throughput.rate": 1.0})

    row = row_of(compare(rate_runs(100.0), rate_runs(5.0, 3), rules, {}), "throughput", "rate")

    assert row.outcome is Outcome.PASS
    assert row.smallest_effect == -1.0


def test_more_answers_per_second_are_an_improvement() -> None:
    row = row_of(compare(rate_runs(100.0), rate_runs(140.0, 3), RULES, {}), "throughput", "rate")

    assert row.outcome is Outcome.IMPROVEMENT


def test_errors_are_compared_as_a_difference() -> None:
    row = row_of(compare(error_runs(0.0, 3000), error_runs(0.02, 3000, 3), RULES, {}), "errors", "ratio")

    assert row.outcome is Outcome.REGRESSION
    assert row.change == pytest.approx(0.02)
    assert row.gated


def test_no_error_on_either_side_passes_only_with_enough_requests() -> None:
    """Rule of three: none in 50 requests still allows 6 %."""
    enough = row_of(compare(error_runs(0.0, 3000), error_runs(0.0, 3000, 1), RULES, {}), "errors", "ratio")
    few = row_of(compare(error_runs(0.0, 50), error_runs(0.0, 50, 1), RULES, {}), "errors", "ratio")

    assert (enough.outcome, enough.gated) == (Outcome.PASS, True)
    assert (few.outcome, few.gated) == (Outcome.INCONCLUSIVE, False)
    assert few.reason == "baseline: 250 requests, 600 are needed; candidate: 50 requests, 600 are needed"


def test_few_requests_that_mostly_fail_are_still_a_regression() -> None:
    rows = compare(error_runs(0.0, 50), error_runs(0.9, 50, 1), RULES, {})

    assert overall(rows) is Outcome.REGRESSION


def test_too_few_observations_are_shown_and_not_gated() -> None:
    """600 requests in one run: 30 above the p95, 300 above the median."""
    rows = compare(runs(requests=600), runs(2.0, 1, requests=600), RULES, {})
    p95 = row_of(rows, "response", "p95")

    assert (p95.primary, p95.gated) == (True, False)
    assert p95.change == pytest.approx(1.0, abs=0.02)
    assert p95.reason == "candidate: 30 observations above it in 1 run, 100 are needed"
    assert row_of(rows, "response", "p50").gated


def test_a_metric_that_the_candidate_lost_cannot_pass() -> None:
    rows = compare(runs(), [run(9)], RULES, {})

    assert overall(rows) is Outcome.INCONCLUSIVE
    assert row_of(rows, "response", "p50").reason == "no value in every run of the candidate"


def test_a_metric_that_the_baseline_lacks_is_shown_alone() -> None:
    extra = run(
        9, query__response=(3000, {"p50": 200e3, "p95": 400e3}), query__service=(3000, {"p50": 190e3})
    )
    row = row_of(compare(runs(), [extra], RULES, {}), "service", "p50")

    assert (row.baseline, row.candidate, row.change, row.gated) == (None, 190e3, None, False)


def test_a_larger_floor_makes_a_comparison_more_careful() -> None:
    sure = row_of(compare(runs(), runs(1.3, 3), RULES, {}), "response", "p95")
    careful = row_of(compare(runs(), runs(1.3, 3), RULES, {"query.response.p95": 0.2}), "response", "p95")

    assert (sure.outcome, careful.outcome) == (Outcome.REGRESSION, Outcome.INCONCLUSIVE)


def test_the_generators_own_health_is_no_metric_of_the_service() -> None:
    rows = compare(
        [run(n, query__send_lag=(3000, {"p50": 10.0})) for n in range(5)],
        [run(9, query__send_lag=(3000, {"p50": 90.0}))],
        RULES,
        {},
    )

    assert rows == ()
    assert overall(rows) is Outcome.INCONCLUSIVE


def test_a_zero_has_no_ratio() -> None:
    zero = [run(n, query__response=(3000, {"p50": 0.0})) for n in range(5)]
    row = row_of(compare(zero, zero[:1], RULES, {}), "response", "p50")

    assert (row.change, row.outcome) == (None, Outcome.INCONCLUSIVE)
    assert row.reason == "a value of 0 has no ratio to another"


def test_a_regression_of_what_is_only_shown_must_hold_among_all_that_are_shown() -> None:
    """Forty metrics of an unchanged service, and one that doubled."""
    random = np.random.default_rng(8)
    names = [f"query__stage.s{number}" for number in range(40)]

    def runs_of(count: int, scale: float) -> list[RunSummary]:
        made = []
        for number in range(count):
            values = {name: 50e3 * math.exp(random.normal(0, 0.05)) for name in names}
            values[names[0]] *= scale
            made.append(run(number, **{name: (3000, {"p50": value}) for name, value in values.items()}))
        return made

    rows = compare(runs_of(5, 1.0), runs_of(3, 2.0), RULES, {})
    found = [row for row in rows if row.outcome is Outcome.REGRESSION]

    assert [row.metric for row in found] == ["stage.s0"]
    assert not any(row.gated for row in rows)
    assert all(row.adjusted_p is not None for row in rows)
    assert found[0].adjusted_p is not None
    assert found[0].adjusted_p <= 0.05
    assert overall(rows) is Outcome.INCONCLUSIVE


def test_no_more_than_eight_metrics_decide() -> None:
    def wide(number: int) -> RunSummary:
        wobble = WOBBLE[number % 5]
        series = {f"e{n}__response": (3000, {"p50": 2e5 * wobble, "p95": 4e5 * wobble}) for n in range(9)}
        return run(number, **series)

    rows = compare([wide(n) for n in range(5)], [wide(n) for n in range(3)], RULES, {})

    assert sum(row.gated for row in rows) == 8
    assert {row.statistic for row in rows if row.gated} == {"p95"}
    assert not any(row.primary for row in rows if not row.gated)
    assert rows[-1].reason is not None
    assert rows[-1].reason.startswith("8 others decide")


def prometheus_runs(values: Sequence[float]) -> list[RunSummary]:
    series = [{"*.prometheus.queue": Summary(30, {"mean": value})} for value in values]
    return [RunSummary(f"run-{n}", "2025-11-21T10:00:00Z", 60.0, s) for n, s in enumerate(series)]


STEADY = [4.0, 4.1, 3.9, 4.05, 3.95]


def test_a_prometheus_series_is_shown_and_decides_nothing() -> None:
    row = row_of(
        compare(prometheus_runs(STEADY), prometheus_runs([8.0] * 3), RULES, {}), "prometheus.queue", "mean"
    )

    assert row.change == pytest.approx(1.0, abs=0.01)
    assert (row.gated, row.primary) == (False, False)


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [("prometheus.queue.rise", Outcome.REGRESSION), ("prometheus.queue.drop", Outcome.IMPROVEMENT)],
)
def test_a_prometheus_series_decides_where_the_target_sets_a_margin(margin: str, outcome: Outcome) -> None:
    rules = GateRules(Model.OPEN, set(), {margin: 0.2})

    rows = compare(prometheus_runs(STEADY), prometheus_runs([8.0, 8.1, 7.9]), rules, {})

    assert [(row.gated, row.outcome) for row in rows] == [(True, outcome)]
    assert rows[0].change == pytest.approx(1.0, abs=0.01)


def test_times_that_are_filed_too_coarsely_decide_nothing() -> None:
    """At 20 us a step is 5 %, half of the target's margin."""
    rules = GateRules(Model.OPEN, set(), {"response.p50": 0.1})
    quick = [run(n, query__response=(3000, {"p50": 20.0})) for n in range(5)]
    slow = [run(n, query__response=(3000, {"p50": 30.0})) for n in range(3)]

    row = row_of(compare(quick, slow, rules, {}), "response", "p50")

    assert (row.primary, row.gated) == (True, False)
    assert row.reason is not None
    assert "kept in steps of 1 us" in row.reason


def bistable(scales: Sequence[float]) -> list[RunSummary]:
    return [run(n, query__response=(3000, {"p50": 200e3 * scale})) for n, scale in enumerate(scales)]


TWO_STATES = (1.0, 1.3, 1.001, 1.301, 1.002)


@pytest.mark.parametrize(
    ("old", "new", "side"),
    [
        (TWO_STATES, (1.1, 1.1, 1.1), "stored"),
        (WOBBLE, (1.0, 1.001, 1.3, 1.301, 1.302), "new"),
        (TWO_STATES, (1.5, 1.5, 1.2), "stored"),
    ],
)
def test_runs_that_fall_into_two_groups_leave_it_open(
    old: Sequence[float], new: Sequence[float], side: str
) -> None:
    row = row_of(compare(bistable(old), bistable(new), RULES, {}), "response", "p50")

    assert row.gated
    assert row.outcome is Outcome.INCONCLUSIVE
    assert row.reason is not None
    assert row.reason.startswith(f"the {side} runs fall into two groups, ")


def test_what_is_far_worse_than_either_group_is_a_regression() -> None:
    row = row_of(compare(bistable(TWO_STATES), bistable((3.0, 3.0, 3.0)), RULES, {}), "response", "p50")

    assert row.outcome is Outcome.REGRESSION


def test_stored_sessions_that_differ_are_no_two_groups() -> None:
    """That they differ is what the noise between sessions is for."""
    old = bistable((1.0, 1.001, 1.002, 1.3, 1.301, 1.302))
    later = [replace(r, start_utc="2025-11-28T10:00:00Z") if n > 2 else r for n, r in enumerate(old)]

    row = row_of(compare(later, bistable((1.1, 1.1, 1.1)), RULES, {}), "response", "p50")

    assert row.outcome is Outcome.INCONCLUSIVE
    assert row.reason is None


def test_a_change_that_another_day_may_bring_is_left_open_until_other_days_are_known() -> None:
    """+18 %: above the margin for the runs of one day, but a host's days may differ by 3 %."""
    one_day = row_of(compare(runs(), runs(1.18, 3), RULES, {}), "response", "p95")
    steady = {"query.response.p50": SessionNoise(0.005, 8), "query.response.p95": SessionNoise(0.005, 8)}
    known = row_of(compare(runs(), runs(1.18, 3), RULES, {}, steady), "response", "p95")

    assert (one_day.outcome, known.outcome) == (Outcome.INCONCLUSIVE, Outcome.REGRESSION)
    assert one_day.low is not None
    assert one_day.low > one_day.margin
    assert one_day.reason is not None
    assert "no more than another day of the host may bring" in one_day.reason
    assert one_day.smallest_effect is not None
    assert known.smallest_effect is not None
    assert one_day.smallest_effect > known.smallest_effect
