from pathlib import Path
from typing import Any

import pytest

from analysis.attribution import MOST, attribute
from analysis.judged_run import read_judged_run
from analysis.result import ComparisonRow, Outcome
from tests.run_builder import build_run


def row(name: str, baseline: float, candidate: float, **changes: Any) -> ComparisonRow:
    """Surely changed by what its values say, unless `half`, the half of its interval, says otherwise."""
    endpoint, metric, statistic = name.split(" ")
    change = candidate / baseline - 1 if baseline else None
    half = changes.pop("half", 0.01)
    fields: dict[str, Any] = {
        "endpoint": endpoint, "metric": metric, "statistic": statistic,
        "unit": "us" if statistic.startswith("p") else "", "direction": "lower",
        "baseline": baseline, "candidate": candidate, "change": change,
        "low": None if change is None else change - half, "high": None if change is None else change + half,
        "margin": 0.1, "outcome": Outcome.PASS, "gated": False, "smallest_effect": None, "reason": None,
    }  # fmt: skip
    return ComparisonRow(**fields | changes)


SLOWER = row("query response p95", 100_000, 150_000, gated=True, outcome=Outcome.REGRESSION)


def companions(*rows: ComparisonRow, of: ComparisonRow = SLOWER) -> list[str]:
    (found,) = attribute([of, *rows])
    assert (found.endpoint, found.metric, found.statistic) == (of.endpoint, of.metric, of.statistic)
    return [f"{one.endpoint} {one.metric} {one.statistic}" for one in found.companions]


def test_stages_come_in_the_order_of_their_share_and_not_of_their_ratio() -> None:
    """Embedding became ten times as slow and is a tenth of it all."""
    found = companions(
        row("query stage.embed p95", 500, 5_000),
        row("query stage.generate p95", 90_000, 130_000),
    )

    assert found == ["query stage.generate p95", "query stage.embed p95"]


def test_a_stage_that_is_no_part_of_the_story_is_left_out() -> None:
    """One that moved by hardly anything, became quicker, is another endpoint's or another statistic."""
    assert (
        companions(
            row("query stage.embed p95", 500, 1_500),
            row("query stage.retrieve p95", 50_000, 10_000),
            row("stream stage.generate p95", 90_000, 130_000),
            row("query stage.generate p50", 90_000, 130_000),
        )
        == []
    )


def test_what_was_watched_follows_by_how_sure_it_is() -> None:
    found = companions(
        row("* host.cpu_percent mean", 40, 60, half=0.2),
        row("query hit_ratio ratio", 0.5, 0.25, half=0.05, unit="ratio"),
        row("* prometheus.queue mean", 2, 8, half=0.1),
        row("query stage.generate p95", 90_000, 130_000),
    )

    assert found == [
        "query stage.generate p95",
        "* prometheus.queue mean",
        "query hit_ratio ratio",
        "* host.cpu_percent mean",
    ]


@pytest.mark.parametrize("half", [0.3, 0.6])
def test_what_may_have_moved_by_chance_is_left_out(half: float) -> None:
    """An interval that leaves out no change by a little is not rare among dozens of series."""
    assert companions(row("* host.cpu_percent mean", 40, 60, half=half)) == []


def test_what_was_0_and_no_longer_is_has_moved_and_what_is_0_now_as_well() -> None:
    stopped = row("* prometheus.cache_hits mean", 40, 0, change=None, low=None, high=None)

    found = companions(row("* scrape.queue mean", 0, 7), row("* scrape.idle mean", 0, 0), stopped)

    assert found == ["* prometheus.cache_hits mean", "* scrape.queue mean"]


@pytest.mark.parametrize(
    "name", ["* prometheus.queue mean", "query stage.generate p95", "query hit_ratio ratio"]
)
def test_nothing_moves_together_with_itself(name: str) -> None:
    """A margin of the target lets any metric decide."""
    unit = "ratio" if name.endswith("ratio") else "us" if "stage" in name else ""
    decides = row(name, 0.2, 0.9, gated=True, outcome=Outcome.REGRESSION, unit=unit)

    assert companions(row("* prometheus.workers mean", 4, 1), of=decides) == ["* prometheus.workers mean"]


def test_latencies_of_other_metrics_are_no_companions() -> None:
    assert (
        companions(row("query service p95", 99_000, 149_000), row("health response p95", 1_000, 2_000)) == []
    )


def test_a_rise_of_errors_has_the_typical_time_of_stages() -> None:
    errors = row("query errors ratio", 0.01, 0.2, gated=True, outcome=Outcome.REGRESSION, unit="ratio")

    found = companions(
        row("query stage.generate p50", 90_000, 130_000),
        row("query stage.generate p95", 9e4, 13e4),
        of=errors,
    )

    assert found == ["query stage.generate p50"]


def test_a_rate_of_all_endpoints_has_the_companions_of_any() -> None:
    rate = row("* throughput rate", 100, 50, gated=True, outcome=Outcome.REGRESSION, unit="1/s")

    found = companions(
        row("stream stage.embed p50", 500, 800, half=0.2),
        row("query stage.generate p50", 90_000, 130_000),
        row("query hit_ratio ratio", 0.5, 0.25, half=0.05),
        of=rate,
    )

    assert found == ["query stage.generate p50", "query hit_ratio ratio", "stream stage.embed p50"]


def test_a_regression_has_a_few_companions_only() -> None:
    assert len(companions(*(row(f"* scrape.series{n} mean", 1, 2) for n in range(20)))) == MOST


def test_only_gated_regressions_are_looked_into() -> None:
    assert attribute([row("query response p95", 1, 2, outcome=Outcome.REGRESSION)]) == ()
    assert attribute([row("query response p95", 1, 2, gated=True, outcome=Outcome.INCONCLUSIVE)]) == ()


def test_each_run_has_a_figure_for_what_was_watched(tmp_path: Path) -> None:
    """A gauge has its mean, a counter what it grew by in a second, a restart notwithstanding."""
    path = build_run(
        tmp_path,
        host_cpu_percent=55.0,
        hit_share=0.5,
        scrape=lambda t: {
            'queue{kind="a"}': 2.0 if t < 35 else 4.0,
            "hits_total": 3.0 * t if t < 40 else 3.0 * (t - 40),
            "sizes_bucket": 1.0,
        },
    )

    series = read_judged_run(path).summary().series

    assert series["*.host.cpu_percent"].values == {"mean": 55.0}
    assert series["*.process.rss_bytes"].values == {"mean": 300e6}
    assert series['*.scrape.queue{kind="a"}'].values == {"mean": 3.0}
    assert series["*.scrape.hits_total"].values == {"mean": pytest.approx(3.0)}
    assert series["query.hit_ratio"].values == {"ratio": 0.5}
    assert "*.scrape.sizes_bucket" not in series
    assert "*.redis.ops_per_s" not in series
