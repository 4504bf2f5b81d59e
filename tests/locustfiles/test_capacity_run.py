"""A run that searched for the capacity is judged from its files alone, compared and reported."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.baseline import BaselineKind
from analysis.baseline_builder import build_baseline
from analysis.errors import InvalidRunError
from analysis.exit_code import ExitCode
from analysis.judge import judge
from analysis.judged_run import JudgedRun, read_judged_run
from analysis.profile import Search
from analysis.result import Outcome, Result, SearchEnd, Verdict
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from reports.markdown_report import render_markdown
from reports.report_reader import read_report_data
from scripts.baseline_text import baseline_text
from tests.locustfiles.hunted import OBJECTIVES, Hunted
from tests.locustfiles.queue_model import QueueModel
from tests.run_builder import START_NS, TARGET, build_run

SEARCH = Search(start_per_s=10.0, warm_up_s=3, settle_s=2, step_s=8, rest_s=10, steps=20)
NS = 1_000_000_000


def searched(
    root: Path,
    *,
    capacity_per_s: float = 40.0,
    service_s: float = 0.1,
    number: int = 0,
    search: Search = SEARCH,
) -> Path:
    """The directory of a run against a queue, whose places and their time make its capacity."""
    places = max(1, round(capacity_per_s * service_s))
    model = QueueModel(search, places=places, service_s=places / capacity_per_s)
    hunted = Hunted(model)
    path = build_run(
        root,
        number=number,
        target=replace(TARGET, objectives=OBJECTIVES),
        profile=replace(model.profile, compare=False, finds_limit=True),
        per_slice={},
        slices=hunted.seconds,
        run={"stop": {"kind": "limit_found", "detail": hunted.capacity.text}},
        events=[],
    )
    writer = RunLogWriter(RunDirectory(path), START_NS + number * 3600 * NS, 1)
    for event in hunted.noted:
        writer.append_event(**event)
    for worker, report in hunted.reported:
        for row in report["rows"]:
            number_of_slice, endpoint = row["slice"], row["endpoint"]
            tagged = {f"{endpoint}.{metric}": text for metric, text in row["histograms"].items()}
            tagged |= {
                f"{endpoint}.wake_lag": text for tag, text in tagged.items() if tag.endswith("send_lag")
            }
            writer.append_histograms(number_of_slice, tagged)
            counts = {"slice": number_of_slice, "worker": worker, "endpoint": endpoint, **row["counts"]}
            writer.append_counts([counts])
    writer.close()
    return path


def judged(paths: Sequence[Path], root: Path) -> Result:
    return judge(paths, baseline="auto", baselines_root=root / "baselines")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched(tmp_path_factory.mktemp("search"))


def test_the_files_give_the_capacity_that_the_master_found(path: Path, tmp_path: Path) -> None:
    result = judged([path], tmp_path)
    live = Hunted(QueueModel(SEARCH, places=4, service_s=0.1)).capacity

    assert result.capacity is not None
    assert [(step.rate_per_s, step.kept) for step in result.capacity.steps] == [
        (step.rate_per_s, step.kept) for step in live.steps
    ]
    assert result.capacity.text == live.text
    assert live.end is SearchEnd.FOUND
    assert live.rate_per_s == pytest.approx(40.0, rel=0.1)
    assert (result.verdict, result.exit_code) == (Verdict.PASS, ExitCode.PASS), result.reasons
    assert result.reasons[0] == live.text


def test_metrics_are_those_of_the_steps_that_kept_the_objectives(path: Path) -> None:
    run = read_judged_run(path)

    assert run.profile.duration_s == int(run.measurement.measured_s) + unmeasured_s(run)
    measured = [stage for stage in run.profile.stages if stage.measure]
    assert measured
    assert {stage.level for stage in measured} == {step.step.rate_per_s for step in run.steps if step.kept}
    assert run.measurement.measured_s == SEARCH.step_s * sum(bool(step.kept) for step in run.steps)
    asked = sum(stage.level * stage.duration_s for stage in measured)
    assert run.measurement.whole.totals["query"].due == pytest.approx(asked, abs=len(measured))


def unmeasured_s(run: JudgedRun) -> int:
    return sum(stage.duration_s for stage in run.profile.stages if not stage.measure)


def test_the_report_shows_every_step(path: Path, tmp_path: Path) -> None:
    result = judged([path], tmp_path)
    text = render_markdown(read_report_data(path, result))

    assert result.capacity is not None
    section = text.partition("### Capacity\n")[2].partition("###")[0]
    assert section.count("\n| ") == 2 + len(result.capacity.steps)
    assert "❌" not in section
    assert "⚠️ missed" in section


def test_a_search_that_ran_out_of_steps_is_inconclusive_and_one_without_a_good_step_missed(
    tmp_path: Path,
) -> None:
    short = judged([searched(tmp_path / "a", search=replace(SEARCH, steps=4))], tmp_path)
    slow = replace(SEARCH, start_per_s=200.0)
    none = judged([searched(tmp_path / "b", capacity_per_s=1000, service_s=1.0, search=slow)], tmp_path)

    assert (short.verdict, short.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE), short.reasons
    assert "as the profile allows 4 steps" in short.reasons[0]
    assert (none.verdict, none.exit_code) == (Verdict.OBJECTIVE_MISSED, ExitCode.REGRESSION), none.reasons


def test_steps_of_runs_that_are_judged_together_are_one_search(path: Path, tmp_path: Path) -> None:
    other = searched(tmp_path, number=1)
    alone, together = judged([other], tmp_path), judged([path, other], tmp_path)

    assert alone.capacity is not None
    assert together.capacity is not None
    assert len(together.capacity.steps) == 2 * len(alone.capacity.steps)
    assert together.capacity.high_per_s is not None
    assert together.capacity.low_per_s is not None


def test_a_baseline_keeps_the_capacity_and_a_fifth_less_of_it_is_a_regression(tmp_path: Path) -> None:
    runs = [
        searched(tmp_path, capacity_per_s=capacity_per_s, number=number)
        for number, capacity_per_s in enumerate((40.0, 40.4, 39.6, 40.2, 39.8))
    ]
    baseline = build_baseline(runs)
    kept = [run.series["*.capacity"].values["rate"] for run in baseline.runs]
    file = tmp_path / "rolling.json"
    file.write_text(replace(baseline, kind=BaselineKind.ROLLING).sealed().to_json())

    assert kept == pytest.approx([40.0, 40.4, 39.6, 40.2, 39.8], rel=0.06)
    assert "capacity  rate" in baseline_text(baseline)
    for capacity_per_s, outcome in ((40.0, Outcome.PASS), (32.0, Outcome.REGRESSION)):
        new = [
            searched(tmp_path / f"{capacity_per_s:g}", capacity_per_s=capacity_per_s, number=number)
            for number in (7, 8, 9)
        ]
        result = judge(new, baseline=file, baselines_root=tmp_path)
        assert result.comparison is not None
        assert [(row.metric, row.gated, row.outcome) for row in result.comparison.rows] == [
            ("capacity", True, outcome)
        ]
        assert result.exit_code == (ExitCode.PASS if outcome is Outcome.PASS else ExitCode.REGRESSION)


def test_a_run_that_did_not_find_the_capacity_is_no_part_of_a_baseline(path: Path, tmp_path: Path) -> None:
    short = searched(tmp_path, number=1, search=replace(SEARCH, steps=4))

    assert read_judged_run(path).unfit is None
    assert "as the profile allows 4 steps" in (read_judged_run(short).unfit or "")
    with pytest.raises(
        InvalidRunError, match="cannot be part of a baseline: the service keeps its objectives"
    ):
        build_baseline(
            [short, *(searched(tmp_path, number=n, search=replace(SEARCH, steps=4)) for n in (2, 3, 4, 5))]
        )
