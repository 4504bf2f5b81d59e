"""Reports of real run directories, whole and broken, and `plimsoll report` that makes them again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.baseline import BaselineKind, baseline_path, write_baseline
from analysis.baseline_builder import build_baseline
from analysis.errors import RunLogError
from analysis.judge import judge
from analysis.profile import LoadProfile, Model, Stage
from analysis.result import Result, Verdict, read_result
from reports.report_data import ReportData
from reports.report_files import write_report_files
from reports.report_reader import read_report_data
from reports.timeline import Panel
from scripts.report import report_command
from tests.run_builder import PROFILE, build_run, build_runs

FILES = ("junit.xml", "report.md", "report.html")


def _judged(run: Path) -> Result:
    return judge([run], baseline="none", baselines_root=run.parent / "baselines")


def _read(run: Path) -> ReportData:
    return read_report_data(run, _judged(run))


def _panel(data: ReportData, title: str) -> Panel:
    return next(panel for panel in (*data.timeline.panels, *data.generator_panels) if panel.title == title)


def _edit_samples(run: Path, changes: Mapping[int, dict[str, Any] | None]) -> None:
    """Replace fields of sidecar samples by their number; None removes the sample."""
    path = run / "samples.jsonl"
    kept = []
    for line in path.read_text().splitlines():
        sample = json.loads(line)
        number = sample.get("seq")
        if number in changes:
            change = changes[number]
            if change is None:
                continue
            sample |= change
        kept.append(json.dumps(sample))
    path.write_text("\n".join(kept) + "\n")


def test_a_regression_against_a_stored_baseline_is_reported_with_both_curves(tmp_path: Path) -> None:
    baseline = build_baseline(build_runs(tmp_path, 5))
    place = baseline_path(
        tmp_path / "baselines", baseline.target, baseline.profile, baseline.env8, BaselineKind.ROLLING
    )
    place.parent.mkdir(parents=True)
    write_baseline(replace(baseline, kind=BaselineKind.ROLLING).sealed(), place)
    run = build_run(tmp_path, number=9, scale=1.5)
    result = judge([run], baseline="auto", baselines_root=tmp_path / "baselines")

    paths = write_report_files(run, result)

    assert result.verdict is Verdict.REGRESSION
    assert [path.name for path in paths] == list(FILES)
    page = (run / "report.html").read_text()
    assert "<h1>REGRESSION</h1>" in page
    assert "baseline response (15" in page
    assert page.count('class="bar"') > 10
    assert len(page.encode()) < 2_000_000


def test_a_baseline_beside_a_result_that_does_not_speak_of_it_is_not_drawn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be left from an earlier judgement, be another one, or be damaged."""
    baseline = replace(build_baseline(build_runs(tmp_path, 5)), kind=BaselineKind.ROLLING)
    place = tmp_path / "baseline.rolling.json"
    write_baseline(baseline.sealed(), place)
    run = build_run(tmp_path, number=9)
    result = judge([run], baseline=place, baselines_root=tmp_path)

    def drawn(result: Result) -> bool:
        charts = read_report_data(run, result).charts
        return any("baseline" in curve.label for chart in charts for curve in chart.curves)

    assert drawn(result)
    assert not drawn(replace(result, comparison=None))
    write_baseline(replace(baseline, baseline_id="other").sealed(), run / "baseline.json")
    assert not drawn(result)
    (run / "baseline.json").write_text("{")
    assert not drawn(result)
    assert "curves are not drawn" in caplog.text


def test_report_makes_the_same_bytes_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = build_run(tmp_path)
    write_report_files(run, _judged(run))
    before = {name: (run / name).read_bytes() for name in FILES}
    for name in FILES:
        (run / name).unlink()

    code = report_command(run)

    assert code == 0
    assert {name: (run / name).read_bytes() for name in FILES} == before
    assert capsys.readouterr().out.splitlines() == [str(run / name) for name in FILES]


def test_report_of_a_run_that_was_not_judged_says_what_to_do(tmp_path: Path) -> None:
    run = build_run(tmp_path)

    with pytest.raises(RunLogError, match="plimsoll judge"):
        report_command(run)


def test_report_of_what_is_no_run_directory_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunLogError, match=r"no run\.json"):
        report_command(tmp_path)


def test_an_empty_run_still_has_a_report(tmp_path: Path) -> None:
    run = build_run(tmp_path, slices=0)

    write_report_files(run, _judged(run))

    page = (run / "report.html").read_text()
    assert "<h1>INVALID</h1>" in page
    assert "No latency was measured" in page


@pytest.mark.parametrize("name", ["latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl"])
def test_a_cut_file_is_named_in_the_report(tmp_path: Path, name: str) -> None:
    run = build_run(tmp_path)
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[: len(content) * 2 // 3 - 7])

    write_report_files(run, _judged(run))

    part = (run / "report.html").read_text().split('<section id="watched">')[1]
    assert name in part.split("</section>")[0]
    assert read_result(run / "result.json").run_id == run.name


def test_a_run_by_hand_has_no_stages_and_a_report(tmp_path: Path) -> None:
    manual = LoadProfile(name="manual", model=Model.CLOSED, mix=dict(PROFILE.mix), compare=False)
    run = build_run(tmp_path, profile=manual, slices=20)
    data = _read(run)

    assert data.timeline.stages == ()
    assert data.facts.model == "users by hand"
    assert [point for point in _panel(data, "Requests").lines[0].points if point[1]] != []


def test_a_long_run_is_thinned_by_merging_counts(tmp_path: Path) -> None:
    """1200 slices of 1 s become 400 points of 3 s; each is the percentile of the three slices together."""
    long = replace(PROFILE, stages=(Stage("steady", 1200, 20.0),))
    run = build_run(tmp_path, profile=long, per_slice={"health": 4})
    data = _read(run)
    line = _panel(data, "health latency").lines[0]

    from analysis.run_log import RunLog

    log = RunLog.read(run)
    assert data.timeline.bin_s == 3.0
    assert len(line.points) == 401
    assert line.points[7] == (22.5, log.merged("health.response", 21, 24).percentile(0.5))


def test_lost_samples_are_gaps(tmp_path: Path) -> None:
    """Samples 20 to 29 are missing; sample 40 came late and says so; sample 50 could not read the process."""
    run = build_run(tmp_path)
    lost: dict[int, dict[str, Any] | None] = dict.fromkeys(range(20, 30))
    _edit_samples(run, {**lost, 40: {"gap_s": 1.4}, 50: {"process": None}})

    memory = _panel(_read(run), "Service memory (RSS)").lines[0].points

    assert [t_s for t_s, value in memory if value is None] == [24.5, 39.5, 50.0]


def test_breakers_are_bands_that_end_where_their_state_does(tmp_path: Path) -> None:
    run = build_run(tmp_path)
    states: dict[int, dict[str, Any] | None] = {
        number: {"breakers": {"llm": "open" if 30 <= number < 40 else "closed"}} for number in range(60)
    }
    _edit_samples(run, states)

    spans = _panel(_read(run), "Circuit breakers").states

    assert [(span.state, span.start_s, span.end_s) for span in spans] == [
        ("closed", 0.0, 30.0),
        ("open", 30.0, 40.0),
        ("closed", 40.0, 59.0),
    ]


def test_a_scraped_counter_is_drawn_as_its_growth_and_breaks_when_it_starts_anew(tmp_path: Path) -> None:
    run = build_run(tmp_path)
    series = 'requests_total{code="200"}'
    _edit_samples(
        run,
        {
            number: {"scrape": {series: 7.0 * (number if number < 30 else number - 30)}}
            for number in range(60)
        },
    )

    panel = _panel(_read(run), "Metrics: requests_total")

    assert panel.unit == "1/s"
    assert panel.lines[0].label == "code=200"
    values = dict(panel.lines[0].points)
    assert values[10.0] == 7.0
    assert values[30.0] is None


def test_prometheus_redis_and_failures_are_drawn_where_they_exist(tmp_path: Path) -> None:
    run = build_run(tmp_path, failed={"query": {"timeout": 1, "http_5xx": 2}})
    _edit_samples(run, {number: {"redis": {"ops_per_s": 800 + number}} for number in range(60)})

    titles = [panel.title for panel in _read(run).timeline.panels]

    assert "Prometheus: query_p95_s" in titles
    assert "Prometheus: rss_bytes" not in titles, "a series that was never read is not drawn empty"
    assert "Redis operations" in titles
    assert "Failures by kind" in titles
    assert "Circuit breakers" not in titles


def test_failures_have_their_share_and_different_exemplars_once(tmp_path: Path) -> None:
    exemplar = {"kind": "exemplar", "endpoint": "query", "failure": "http_5xx", "status": 503}
    events = [exemplar | {"detail": "breaker open"}] * 3 + [exemplar | {"detail": "no\nworker"}]
    run = build_run(tmp_path, failed={"query": {"http_5xx": 2}}, events=events)

    failures = _read(run).failures

    assert [(row.endpoint, row.kind, row.count) for row in failures] == [("query", "http_5xx", 100)]
    assert failures[0].share == pytest.approx(2 / 62)
    assert failures[0].exemplars == ("503: breaker open", "503: no worker")


def test_events_become_marks_with_sentences(tmp_path: Path) -> None:
    """But for those that belong to every run."""
    events = [
        {"kind": "breaker", "name": "llm", "from": "closed", "to": "open"},
        {"kind": "memory_warning", "percent": 95.0},
        {"kind": "from_a_newer_version", "x": 1},
        {"kind": "settled", "waited_s": 1.4, "before": {"fds": 10.0}, "after": {"fds": 10.0}},
    ]
    marks = _read(build_run(tmp_path, events=events)).timeline.marks

    assert [mark.letter for mark in marks] == ["a", "b", "c"]
    assert [mark.text for mark in marks] == [
        "breaker llm went from closed to open",
        "host memory at 95.0\u202f%: warning",
        "from a newer version",
    ]


def test_the_command_to_repeat_the_run_carries_what_differs_from_the_defaults(tmp_path: Path) -> None:
    run = build_run(tmp_path, run={"base_url": "http://127.0.0.1:9001", "seed": 7})

    command = _read(run).facts.command

    assert command == (
        "plimsoll run --target reference --profile baseline --seed 7 --base-url http://127.0.0.1:9001"
    )


def test_counts_and_failures_of_runs_judged_together_are_added_up(tmp_path: Path) -> None:
    """A table of the last run alone would hide the failures of the first."""
    runs = [
        build_run(tmp_path, number=1, failed={"query": {"timeout": 1}}),
        build_run(tmp_path, number=2),
    ]
    result = judge(runs, baseline="none", baselines_root=tmp_path / "baselines")

    data = read_report_data(runs[-1], result)

    counted = {row.endpoint: row for row in data.counts}
    assert counted["query"].started == 50 * (61 + 60)
    assert all(row.conserved for row in data.counts)
    assert [(row.endpoint, row.kind, row.count) for row in data.failures] == [("query", "timeout", 50)]
