"""The history file: rows are added whole, once, and read back as they were; damage is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.baseline import Baseline
from analysis.baseline_builder import build_baseline
from analysis.errors import HistoryError
from analysis.history import append_row, history_path, history_row, line_of, read_history
from analysis.result import Outcome
from analysis.run_summary import Summary
from tests.analysis.stored_baseline import stored_baseline
from tests.history_builder import built_history
from tests.run_builder import build_runs


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    return build_baseline(build_runs(tmp_path_factory.mktemp("runs"), 5))


def written(path: Path, weeks: int = 3) -> Path:
    for row in built_history(weeks):
        append_row(path, row)
    return path


def test_rows_are_read_as_they_were_added(tmp_path: Path) -> None:
    rows = built_history(3)
    path = written(history_path(tmp_path, "shop", "baseline"), 3)

    assert [row.baseline_id for row in read_history(path)] == [row.baseline_id for row in rows]
    assert [line_of(row) for row in read_history(path)] == [line_of(row) for row in rows]


def test_adding_changes_no_line_that_is_there(tmp_path: Path) -> None:
    path = written(tmp_path / "history.jsonl")
    before = path.read_text()

    append_row(path, built_history(4)[3])

    assert path.read_text().startswith(before)
    assert path.read_text().count("\n") == 4


def test_the_row_of_a_baseline_is_added_once(tmp_path: Path) -> None:
    path = written(tmp_path / "history.jsonl")
    before = path.read_text()

    assert len(append_row(path, built_history(3)[1])) == 3
    assert path.read_text() == before


def test_without_a_file_there_is_no_row(tmp_path: Path) -> None:
    assert read_history(tmp_path / "history.jsonl") == ()


def test_a_row_holds_geometric_means_of_what_can_be_gated(baseline: Baseline) -> None:
    row = history_row(baseline, rolling=Outcome.PASS, anchor=None)
    p95 = [run.series["query.response"].values["p95"] for run in baseline.runs]

    assert row.figures["query.response.p95"].mean == pytest.approx(
        (p95[0] * p95[1] * p95[2] * p95[3] * p95[4]) ** 0.2
    )
    assert row.figures["query.response.p95"].deviation == pytest.approx(
        baseline.noise["query.response.p95"].s_run
    )
    assert row.figures["query.errors.ratio"].mean == 0.0
    assert (row.baseline_id, row.env8, row.runs) == (baseline.baseline_id, baseline.env8, 5)
    assert row.git_commit == "0123456789abcdef"
    assert set(row.figures) == set(baseline.noise)


def test_a_percentile_with_a_dot_in_its_name_has_a_row_too() -> None:
    """A target gates p99.9 by a margin of its own."""
    baseline = stored_baseline()
    name = "query.response.p99.9"
    runs = tuple(
        replace(run, series={"query.response": Summary(30_000, {"p99.9": 900e3})}) for run in baseline.runs
    )
    row = history_row(
        replace(baseline, runs=runs, noise={name: baseline.noise["query.response.p95"]}),
        rolling=None,
        anchor=None,
    )

    assert row.figures[name].mean == pytest.approx(900e3)
    assert row.drops == ()


def test_a_row_says_which_queries_become_worse_by_dropping() -> None:
    baseline = stored_baseline()
    name = "*.prometheus.queue.mean"
    noisy = replace(baseline, noise={name: baseline.noise["query.response.p95"]})
    assert noisy.gating is not None

    for way, drops in (("rise", ()), ("drop", (name,))):
        gating = replace(noisy.gating, margins={f"prometheus.queue.{way}": 0.2})

        assert history_row(replace(noisy, gating=gating), rolling=None, anchor=None).drops == drops


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"line 2: found broken JSON"),
        ("[]", r"line 2: schema: found a list, wanted"),
        ('{"schema": "plimsoll.history/9"}', r'line 2: schema: found "plimsoll.history/9"'),
        ('{"schema": "plimsoll.history/1"}', r"line 2: baseline_id: found"),
    ],
)
def test_a_damaged_line_is_named_with_what_to_do(tmp_path: Path, line: str, message: str) -> None:
    path = written(tmp_path / "history.jsonl", 1)
    path.write_text(path.read_text() + line + "\n")

    with pytest.raises(HistoryError, match=message) as found:
        read_history(path)
    assert "as it was committed last" in str(found.value)


def test_nothing_is_added_to_a_damaged_history(tmp_path: Path) -> None:
    path = written(tmp_path / "history.jsonl", 1)
    path.write_text(path.read_text()[:-20])
    before = path.read_text()

    with pytest.raises(HistoryError):
        append_row(path, built_history(2)[1])
    assert path.read_text() == before


def test_a_row_that_two_branches_added_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "history.jsonl", 2)
    path.write_text(path.read_text() * 2)

    with pytest.raises(HistoryError, match="line 3: found week-0 twice"):
        read_history(path)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "history.jsonl", 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), "mood": "good"}) + "\n")

    with pytest.raises(HistoryError, match="line 1: mood"):
        read_history(path)
