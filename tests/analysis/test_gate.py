import re
from pathlib import Path

import pytest

from analysis.gate import GateRules, too_few
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
        ("*", "errors", "ratio", False),
        ("*", "throughput", "rate", True),
        ("query", "throughput", "rate", False),
        ("query", "send_lag", "p50", False),
    ],
)
def test_the_gated_family_is_small(endpoint: str, metric: str, statistic: str, primary: bool) -> None:
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
