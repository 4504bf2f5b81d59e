from pathlib import Path

import pytest

from analysis.histogram import Histogram
from analysis.judged_run import read_judged_run
from analysis.measurement import counted, statistic_of
from analysis.metric_table import metric_rows
from analysis.profile import LoadProfile, Model, Stage
from analysis.result import MetricRow
from tests.run_builder import PROFILE, START_NS, build_run, build_runs


def rows_of(*paths: Path) -> dict[tuple[str, str, str], MetricRow]:
    runs = [read_judged_run(path) for path in paths]
    rows = metric_rows([run.measurement for run in runs], tuple(runs[0].target.limits))
    return {(row.endpoint, row.metric, row.statistic): row for row in rows}


def test_a_slow_warm_up_changes_no_number_of_the_measured_part(tmp_path: Path) -> None:
    quick = build_run(tmp_path / "a", warm_up_scale=1.0)
    slow = build_run(tmp_path / "b", warm_up_scale=50.0)

    assert rows_of(quick) == rows_of(slow)


def test_rates_count_the_measured_part_alone(tmp_path: Path) -> None:
    """60 queries in each of 50 measured slices; ten more slices of warm-up do not count."""
    found = rows_of(build_run(tmp_path, failed={"query": {"http_5xx": 3}}))

    assert found["query", "throughput", "rate"].value == pytest.approx(60.0)
    assert found["query", "failed", "rate"].value == pytest.approx(3.0)
    assert found["query", "sent", "rate"].value == pytest.approx(63.0)
    assert found["query", "errors", "ratio"].value == pytest.approx(3 / 63)
    assert found["query", "errors", "ratio"].count == 63 * 50
    assert found["*", "throughput", "rate"].value == pytest.approx(120.0)


def test_goodput_is_shown_where_the_target_has_limits(tmp_path: Path) -> None:
    found = rows_of(build_run(tmp_path))

    goodput = found["query", "goodput", "ratio"]
    assert goodput.value is not None
    assert 0.99 < goodput.value <= 1.0
    assert ("health", "goodput", "ratio") not in found


def test_a_dropped_request_is_no_good_one(tmp_path: Path) -> None:
    run = read_judged_run(build_run(tmp_path, dropped=60))

    assert counted(run.measurement.whole, "query", "goodput")[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("statistic", "floor"), [("p50", 13), ("p90", 64), ("p95", 130), ("p99", 662), ("p99.9", 6636)]
)
def test_a_percentile_is_shown_from_its_sample_floor(statistic: str, floor: int) -> None:
    assert statistic_of(Histogram.of([5] * (floor - 1)), statistic) is None
    assert statistic_of(Histogram.of([5] * floor), statistic) == 5.0


def test_every_absent_value_has_its_reason(tmp_path: Path) -> None:
    for row in rows_of(build_run(tmp_path, per_slice={"query": 5, "stream": 1, "health": 0})).values():
        assert row.value is not None or row.reason is not None
        if row.statistic != "max":
            assert (row.low is None) == (row.reason is not None)


def test_the_interval_of_one_run_holds_its_value(tmp_path: Path) -> None:
    row = rows_of(build_run(tmp_path))["query", "response", "p95"]

    assert row.value is not None
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.value < row.high


def test_a_run_too_short_for_sections_has_values_and_no_interval(tmp_path: Path) -> None:
    profile = LoadProfile("brief", Model.CLOSED, PROFILE.mix, (Stage("steady", 15, 20.0),))

    row = rows_of(build_run(tmp_path, profile=profile))["query", "response", "p50"]

    assert row.value is not None
    assert row.low is None
    assert row.reason == "no interval: 15 s measured, 20 s are needed"


def test_several_runs_are_merged_and_vary_from_run_to_run(tmp_path: Path) -> None:
    paths = build_runs(tmp_path, 3, noise=0.1)
    together, alone = rows_of(*paths), rows_of(paths[0])

    row, single = (found["query", "response", "p50"] for found in (together, alone))
    assert row.count == 3 * single.count
    assert row.low is not None
    assert row.high is not None
    assert single.low is not None
    assert single.high is not None
    assert row.high / row.low > single.high / single.low


def test_sections_reach_over_the_gap_between_measured_stages(tmp_path: Path) -> None:
    """Sections are equal parts of what is measured, wherever it lies."""
    profile = LoadProfile(
        "spiky",
        Model.CLOSED,
        PROFILE.mix,
        (
            Stage("calm", 15, 20.0),
            Stage("pause", 5, 0.0, measure=False),
            Stage("spike", 10, 40.0),
        ),
    )

    measurement = read_judged_run(build_run(tmp_path, profile=profile)).measurement

    assert measurement.spans == ((0, 15), (20, 30))
    assert [part.totals["query"].due for part in measurement.sections] == [300] * 5
    assert measurement.measured_s == 25.0


def test_a_manual_run_is_measured_from_start_to_end(tmp_path: Path) -> None:
    profile = LoadProfile("manual", Model.CLOSED, PROFILE.mix, compare=False)

    measurement = read_judged_run(build_run(tmp_path, profile=profile, slices=8)).measurement

    assert measurement.whole.totals["query"].due == 8 * 60
    assert measurement.measured_s == 8.5  # it ended half a second into the ninth slice


def test_rates_of_a_run_cut_short_are_those_of_the_time_it_had(tmp_path: Path) -> None:
    """The load ended in the middle of a slice; the drain took ten seconds, and its answers still count."""
    drain = {"kind": "drain", "t_utc_ns": START_NS + 30_500_000_000}
    manual = LoadProfile("manual", Model.CLOSED, PROFILE.mix, compare=False)

    measurement = read_judged_run(build_run(tmp_path, profile=manual, slices=40, events=[drain])).measurement

    assert measurement.spans == ((0, 41),)
    assert measurement.measured_s == 30.5
    assert counted(measurement.whole, "query", "throughput")[0] == pytest.approx(40 * 60 / 30.5)
    assert sum(part.seconds for part in measurement.sections) == 30.5


def test_the_generators_records_are_no_endpoint(tmp_path: Path) -> None:
    measurement = read_judged_run(build_run(tmp_path)).measurement

    assert measurement.endpoints == ("health", "query", "stream")


def test_intervals_of_a_run_that_is_short_for_its_dependence_are_marked(tmp_path: Path) -> None:
    """50 s measured: of latencies that depend on one another for 2 s, 60 s would be needed."""
    measurement = read_judged_run(build_run(tmp_path)).measurement

    marked = {
        correlation_s: {
            row.statistic for row in metric_rows([measurement], (), correlation_s) if row.unreliable
        }
        for correlation_s in (None, 1.0, 2.0)
    }

    assert marked[None] == marked[1.0] == set()
    assert {"p50", "p95", "mean"} <= marked[2.0]
    assert not {"max", "rate", "ratio"} & marked[2.0]


def test_intervals_from_run_to_run_need_no_such_mark(tmp_path: Path) -> None:
    measurements = [read_judged_run(path).measurement for path in build_runs(tmp_path, 2)]

    assert not any(row.unreliable for row in metric_rows(measurements, (), 30.0))
