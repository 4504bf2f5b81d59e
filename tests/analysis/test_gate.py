import re
from pathlib import Path

import pytest

from analysis.gate import MOST_PRIMARY, GateRules, first_eight, too_coarse, too_few
from analysis.metric import Direction
from analysis.profile import Model
from analysis.run_summary import Summary

RULES = GateRules(Model.CLOSED, {"stream"}, {"response.p95": 0.2, "query.response.p95": 0.3})


def arm(*counts: int) -> list[Summary]:
    return [Summary(count, {}) for count in counts]


@pytest.mark.parametrize(
    ("endpoint", "metric", "statistic", "margin"),
    [
        ("query", "response", "p50", 0.10),
        ("query", "response", "p99", 0.20),
        ("stream", "ttft", "p95", 0.10),
        ("query", "errors", "ratio", 0.005),
        ("*", "throughput", "rate", 0.10),
        ("health", "response", "p95", 0.2),
        ("query", "response", "p95", 0.3),
    ],
)
def test_the_targets_own_margin_comes_before_the_default(
    endpoint: str, metric: str, statistic: str, margin: float
) -> None:
    """The endpoint's own before the metric's."""
    assert RULES.margin(endpoint, metric, statistic) == margin


@pytest.mark.parametrize(
    ("endpoint", "metric", "statistic", "primary"),
    [
        ("query", "response", "p50", True),
        ("query", "response", "p99", True),
        ("query", "service", "p50", False),
        ("query", "ttft", "p50", False),
        ("stream", "ttft", "p50", True),
        ("stream", "ttft", "p99", False),
        ("query", "errors", "ratio", True),
        ("*", "errors", "ratio", True),
        ("*", "throughput", "rate", True),
        ("query", "throughput", "rate", False),
        ("query", "send_lag", "p50", False),
    ],
)
def test_what_may_decide_is_what_users_wait_for_and_whether_they_get_it(
    endpoint: str, metric: str, statistic: str, primary: bool
) -> None:
    assert RULES.is_primary(endpoint, metric, statistic) is primary


def test_throughput_is_no_result_in_the_open_model() -> None:
    """There it is what the profile asks for."""
    assert not GateRules(Model.OPEN, set(), {}).is_primary("*", "throughput", "rate")


@pytest.mark.parametrize(
    ("statistic", "counts", "reason"),
    [
        ("p95", (400, 400, 400, 400, 400), None),
        ("p95", (399, 4000), "20 observations above it in a run, 20 are needed"),
        ("p95", (1999,), "100 observations above it in 1 run, 100 are needed"),
        ("p95", (2000,), None),
        ("p99", (3300, 3300, 3300), "99 observations above it in 3 runs, 100 are needed"),
        ("p50", (200,), None),
        ("ratio", (599,), "599 requests, 600 are needed"),
        ("ratio", (300, 300), None),
        ("rate", (1,), None),
    ],
)
def test_an_arm_must_hold_enough_to_decide(
    statistic: str, counts: tuple[int, ...], reason: str | None
) -> None:
    found = too_few(statistic, arm(*counts), 0.005)

    assert (found is None) == (reason is None)


def test_a_change_of_less_than_a_millisecond_is_within_every_margin_of_a_time() -> None:
    """10 % of 100 ms is more than 1 ms; of 2 ms it is less, so that the margin widens to 50 %."""
    rules = GateRules(model=Model.OPEN, streams=frozenset(), margins={})
    assert rules.margin_beside("query", "response", "p50", 100_000.0) == 0.10
    assert rules.margin_beside("health", "response", "p50", 2_000.0) == 0.5
    assert rules.margin_beside("health", "response", "p50", None) == 0.10
    assert rules.margin_beside("health", "errors", "ratio", 0.001) == 0.005


def test_a_margin_of_the_targets_own_is_not_widened() -> None:
    rules = GateRules(Model.OPEN, frozenset(), {"response.p95": 0.2, "health.response.p50": 0.05})
    assert rules.margin_beside("health", "response", "p50", 2_000.0) == 0.05
    assert rules.margin_beside("health", "response", "p95", 2_000.0) == 0.2
    assert rules.margin_beside("health", "response", "p99", 2_000.0) == 0.5


def test_the_requests_that_the_documents_ask_for_are_those_that_gating_needs() -> None:
    """In each run, and over the runs of a side."""
    root = Path(__file__).parents[2]
    for statistic, per_run, per_side in (("p95", 400, 2000), ("p99", 2000, 10_000)):
        assert too_few(statistic, arm(per_run, per_side), 0.1) is None
        assert too_few(statistic, arm(per_run - 1, per_side), 0.1) is not None
        assert too_few(statistic, arm(per_side - 1), 0.1) is not None
        for document in ("README.md", "locustfiles/profiles/baseline.toml"):
            text = " ".join((root / document).read_text().replace("#", " ").split())
            assert re.search(rf"{statistic} from {per_run} [a-z ]*and {per_side}\b", text), document


BUSY = GateRules(Model.OPEN, {"stream"}, {}, {"query": 6.0, "stream": 3.0, "health": 1.0})


def family(rules: GateRules, unable: frozenset[str] = frozenset()) -> list[str]:
    """Names of the primary metrics of the usual three endpoints, in no order."""
    candidates = []
    for endpoint in ("*", "query", "stream", "health"):
        for metric in ("response", "ttft", "errors", "throughput", "gap"):
            for statistic in rules.statistics(endpoint, metric):
                rank = rules.rank(endpoint, metric, statistic)
                name = f"{endpoint}.{metric}.{statistic}"
                if rank is not None:
                    candidates.append((rank, name, name not in unable))
    return sorted(first_eight(candidates))


def test_the_busiest_endpoints_p95_and_p50_are_among_the_eight() -> None:
    assert family(BUSY) == [
        "*.errors.ratio",
        "health.response.p50",
        "health.response.p95",
        "query.response.p50",
        "query.response.p95",
        "stream.response.p50",
        "stream.response.p95",
        "stream.ttft.p95",
    ]


def test_what_rests_on_too_little_takes_no_place() -> None:
    """It stays primary, so that a report says that it did not decide."""
    unable = frozenset({"health.response.p95"})

    found = family(BUSY, unable)

    assert unable < set(found)
    assert len(found) == MOST_PRIMARY + 1
    assert "query.errors.ratio" in found


def test_a_full_name_among_the_targets_margins_comes_first() -> None:
    """Even of a metric that would never decide by default."""
    margins = {"query.response.p99": 0.3, "stream.gap.p99.9": 0.5, "response.p50": 0.2}

    found = family(GateRules(BUSY.model, BUSY.streams, margins, BUSY.mix))

    assert {"query.response.p99", "stream.gap.p99.9"} < set(found)
    assert len(found) == MOST_PRIMARY


def test_a_closed_models_throughput_is_among_the_eight() -> None:
    assert "*.throughput.rate" in family(GateRules(Model.CLOSED, BUSY.streams, {}, BUSY.mix))


def test_the_errors_of_the_only_endpoint_count_once() -> None:
    rules = GateRules(Model.OPEN, frozenset(), {}, {"query": 1.0})

    assert rules.rank("*", "errors", "ratio") is None
    assert rules.rank("query", "errors", "ratio") is not None


def test_a_prometheus_series_decides_only_with_a_margin_which_says_what_is_worse() -> None:
    rules = GateRules(
        Model.OPEN, frozenset(), {"prometheus.queue.rise": 0.3, "prometheus.hit_ratio.drop": 0.05}
    )

    assert rules.rank("*", "prometheus.cpu", "mean") is None
    assert rules.rank("*", "prometheus.queue", "mean") is not None
    assert rules.margin("*", "prometheus.queue", "mean") == 0.3
    assert rules.margin("*", "prometheus.cpu", "mean") == 0.1
    assert rules.direction("prometheus.queue") is Direction.LOWER
    assert rules.direction("prometheus.hit_ratio") is Direction.HIGHER
    assert rules.direction("throughput") is Direction.HIGHER


@pytest.mark.parametrize(
    ("metric", "value", "margin", "coarse"),
    [
        ("response", 200_000.0, 0.10, False),
        ("response", 200_000.0, 0.01, False),
        ("response", 200_000.0, 0.005, True),
        ("response", 100.0, 0.10, False),
        ("response", 99.0, 0.10, True),
        ("response", None, 0.10, False),
        ("errors", 0.01, 0.005, False),
        ("prometheus.queue", 0.5, 0.1, False),
    ],
)
def test_a_margin_must_span_ten_steps_of_the_histogram(
    metric: str, value: float | None, margin: float, coarse: bool
) -> None:
    assert (too_coarse(metric, value, margin) is not None) == coarse


def test_what_is_filed_too_coarsely_is_told_with_its_step() -> None:
    assert too_coarse("response", 50.0, 0.10) == (
        "times near 50 us are kept in steps of 1 us, which must be a tenth of the margin (5 us) at most"
    )
