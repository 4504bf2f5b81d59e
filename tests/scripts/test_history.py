"""`plimsoll history`: what it prints and writes."""

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from analysis.errors import UsageError
from analysis.history import append_row, history_path
from scripts.history import history_command
from tests.history_builder import built_history


@pytest.fixture
def baselines(tmp_path: Path) -> Path:
    for row in built_history(20, steps=[(12, 1.2)]):
        append_row(history_path(tmp_path, "reference", "baseline"), row)
    return tmp_path


def test_weeks_statistics_and_changes_are_shown(baselines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert history_command("reference", "baseline", last=10, baselines=baselines) == 0

    shown = capsys.readouterr().out
    assert "reference x baseline: 20 baselines, 2026-01-05 to 2026-05-18" in shown
    assert len(re.findall(r"^2026-\d\d-\d\d  1a2b3c4d     abababab  7 ", shown, re.M)) == 10
    assert re.search(r"^query response p95 +20 +4\d\d.ms", shown, re.M)
    assert re.search(
        r"^2026-03-30  query response p95 became worse by (19|20|21)\.\d.% and stayed so \(p = 0\.001\)$",
        shown,
        re.M,
    )


def test_a_history_without_change_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for row in built_history(3):
        append_row(history_path(tmp_path, "reference", "baseline"), row)

    assert history_command("reference", "baseline", baselines=tmp_path) == 0
    assert capsys.readouterr().out.endswith("\nno change point\n")


def test_an_earlier_environment_is_told_apart(baselines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for row in built_history(23, env8="99999999")[20:]:
        append_row(history_path(baselines, "reference", "baseline"), row)

    history_command("reference", "baseline", baselines=baselines)

    assert "environment or load changed 1 time; below are the 3 baselines like" in capsys.readouterr().out


def test_json_holds_points_and_changes(baselines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history_command("reference", "baseline", as_json=True, baselines=baselines)

    content = json.loads(capsys.readouterr().out)
    (segment,) = content["segments"]
    assert content["schema"] == "plimsoll.history_report/1"
    assert len(segment["rows"]) == len(segment["series"]["query.response.p95"]["points"]) == 20
    (change,) = segment["series"]["query.response.p95"]["change_points"]
    assert (change["baseline_id"], change["worse"]) == ("week-12", True)


def test_csv_and_plot_are_written(
    baselines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, plot = tmp_path / "h.csv", tmp_path / "h.svg"

    history_command("reference", "baseline", csv=table, plot=plot, baselines=baselines)

    assert len(table.read_text().splitlines()) == 21
    assert plot.read_text().startswith("<svg")
    captured = capsys.readouterr()
    assert "no change point" not in captured.out
    assert f"wrote {plot}" in captured.err


def test_csv_on_stdout_stands_alone(baselines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history_command("reference", "baseline", csv=Path("-"), baselines=baselines)

    rows = list(csv.reader(StringIO(capsys.readouterr().out)))
    assert {len(row) for row in rows} == {5}
    assert len(rows) == 21


def test_no_history_is_a_usage_error_that_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no history; `plimsoll regenerate` adds a row"):
        history_command("reference", "baseline", baselines=tmp_path)


def test_a_plot_of_another_kind_is_refused(baselines: Path) -> None:
    with pytest.raises(UsageError, match=r"--plot: found h.pdf, wanted a name that ends in .svg"):
        history_command("reference", "baseline", plot=Path("h.pdf"), baselines=baselines)


def test_a_place_that_cannot_be_written_is_named_by_its_option(baselines: Path) -> None:
    with pytest.raises(UsageError, match=r"--csv: found /proc/none/h.csv, which cannot be written"):
        history_command("reference", "baseline", csv=Path("/proc/none/h.csv"), baselines=baselines)
