"""The metric table can be printed as it is."""

import pytest

from analysis.metric import CACHED_APART, METRICS, Direction, metric_named

TIMES = {
    "response", "service", "ttfb", "ttft", "ttft_service", "gap", "max_gap", "tpot", "connect", "handshake",
    "stage.*", "stage.unattributed", "send_lag", "wake_lag", "loop_lag",
    "first_event", *(f"{prefix}.{name}" for prefix in ("hit", "miss") for name in CACHED_APART),
}  # fmt: skip


@pytest.mark.parametrize("name", METRICS)
def test_every_definition_is_one_plain_sentence(name: str) -> None:
    definition = METRICS[name].definition

    assert definition[0].isupper()
    assert definition.endswith(".")
    assert definition.count(".") == 1
    assert "\n" not in definition


def test_times_are_in_microseconds_and_better_when_lower() -> None:
    assert {name for name, metric in METRICS.items() if metric.unit == "us"} == TIMES
    assert all(METRICS[name].direction is Direction.LOWER for name in TIMES)


def test_more_throughput_and_goodput_is_better_and_fewer_errors_are() -> None:
    assert METRICS["throughput"].direction is Direction.HIGHER
    assert METRICS["goodput"].direction is Direction.HIGHER
    assert METRICS["errors"].direction is Direction.LOWER


def test_every_row_is_found_under_its_own_name() -> None:
    assert [metric.name for metric in METRICS.values()] == list(METRICS)


def test_a_stage_that_only_the_service_knows_has_the_row_of_all_stages() -> None:
    assert metric_named("stage.embed") is METRICS["stage.*"]
    assert metric_named("stage.unattributed") is METRICS["stage.unattributed"]
    with pytest.raises(KeyError):
        metric_named("latency")
