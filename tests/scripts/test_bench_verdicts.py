"""The simulations of `python -m scripts.bench verdicts`: they can miss, and on a small scale none does."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.exit_code import ExitCode
from analysis.judge import judge
from analysis.result import Outcome, Verdict
from scripts.bench.verdicts import command
from scripts.bench.verdicts.capacities import capacity_rows
from scripts.bench.verdicts.comparability import comparability_rows
from scripts.bench.verdicts.coverage import coverage_rows
from scripts.bench.verdicts.end_to_end import end_to_end_rows
from scripts.bench.verdicts.end_to_end_pairs import end_to_end_pair_rows
from scripts.bench.verdicts.histories import history_rows
from scripts.bench.verdicts.memory_slopes import memory_rows
from scripts.bench.verdicts.paired_gates import changed, paired_rows
from scripts.bench.verdicts.row import Row, at_least, at_most, between
from scripts.bench.verdicts.saturation import saturation_rows
from scripts.bench.verdicts.sessions import STORED_RUNS, Session, store
from scripts.bench.verdicts.simulated_run import SimulatedRun, write_run
from scripts.bench.verdicts.stored_gates import stored_rows
from scripts.bench.verdicts.world import QUIET, ar1


def missed(rows: list[Row]) -> list[str]:
    return [f"{row.what}: {row.found}, wanted {row.wanted}" for row in rows if not row.ok]


@pytest.mark.parametrize(
    ("row", "ok", "wanted", "found"),
    [
        (at_most("t", "w", [False] * 99 + [True], 0.01), True, "<= 1 %", "1 % of 100"),
        (at_most("t", "w", [False] * 49 + [True], 0.01, "48 PASS"), False, "<= 1 %", "2 % of 50, 48 PASS"),
        (at_most("t", "w", [True, False], 0.0), False, "0 %", "50 % of 2"),
        (at_least("t", "w", [True] * 19 + [False], 0.95), True, ">= 95 %", "95 % of 20"),
        (at_least("t", "w", [True, False], 0.95), False, ">= 95 %", "50 % of 2"),
        (at_least("t", "w", [True, True], 1.0), True, "100 %", "100 % of 2"),
        (between("t", "w", [True] * 2, 0.90, 0.97), False, "90 % to 97 %", "100 % of 2"),
    ],
)
def test_a_claim_says_what_was_wanted_and_found(row: Row, ok: bool, wanted: str, found: str) -> None:
    assert (row.ok, row.wanted, row.found) == (ok, wanted, found)


def test_one_claim_that_does_not_hold_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = at_most("Gates", "fine", [False], 0.01), at_most("Gates", "not fine", [True], 0.01)
    monkeypatch.setattr(command, "tables", lambda _: [lambda: iter([good]), lambda: iter([bad])])

    code = command.verdicts_command(quick=True, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert code == ExitCode.REGRESSION
    assert (told["ok"], told["missed"]) == (False, ["not fine"])
    assert [row["ok"] for row in told["rows"]] == [True, False]


def test_the_table_marks_what_was_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = at_most("Gates", "fine", [False], 0.01), at_most("Gates", "not fine", [True], 0.01)
    monkeypatch.setattr(command, "tables", lambda _: [lambda: iter([good, bad])])

    command.verdicts_command(quick=False, as_json=False)
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 3
    assert "MISSED" not in lines[1]
    assert lines[2].endswith("100 % of 1   MISSED")


def test_the_level_of_a_simulated_run_is_correlated_and_scatters_as_asked() -> None:
    series = ar1(np.random.default_rng(1), 20_000, 0.9, 0.05)

    assert series.std() == pytest.approx(0.05, rel=0.1)
    assert np.corrcoef(series[1:], series[:-1])[0, 1] == pytest.approx(0.9, abs=0.02)


def test_a_simulated_run_is_valid_and_a_slower_one_is_found(tmp_path: Path) -> None:
    """Else all that is unchanged would pass for the wrong reason."""
    runs = Session(QUIET, 0, 0, STORED_RUNS).write(tmp_path / "runs")
    store(runs, tmp_path / "baselines")
    slower = SimulatedRun((1,), np.full(60, np.log(1.6)), session=1)
    same = SimulatedRun((2,), np.zeros(60), session=2)

    paths = [write_run(tmp_path / "runs", run) for run in (slower, same)]
    found = [judge([path], baseline="auto", baselines_root=tmp_path / "baselines") for path in paths]

    assert [result.verdict for result in found] == [Verdict.REGRESSION, Verdict.PASS]
    assert all(result.valid for result in found)


def test_the_same_seed_makes_the_same_latencies(tmp_path: Path) -> None:
    run = SimulatedRun((3,), np.zeros(60))

    first, second = (write_run(tmp_path / name, run) for name in "ab")

    assert (first / "latency.hlog").read_bytes() == (second / "latency.hlog").read_bytes()
    assert (first / "latency.hlog").read_bytes() != (
        write_run(tmp_path / "c", replace(run, seed=(4,))) / "latency.hlog"
    ).read_bytes()


def test_pairs_find_ten_percent_and_never_pass_it() -> None:
    found = changed(0.10, 0.015, 40)

    assert {gate.outcome for gate in found} == {Outcome.REGRESSION}
    assert max(gate.pairs for gate in found) <= 12


def test_hard_keys_keep_runs_apart_and_volatile_ones_do_not() -> None:
    assert missed(list(comparability_rows())) == []


def test_a_saturated_generator_never_passes() -> None:
    assert missed(list(saturation_rows())) == []


def test_unchanged_services_are_no_regressions_end_to_end() -> None:
    assert missed([*end_to_end_rows(2), *end_to_end_pair_rows(1)]) == []


def test_an_unchanged_service_is_no_regression_on_a_small_scale() -> None:
    rows = [*stored_rows(90, 30, 10), *paired_rows(30, 30, 30, 5)]

    assert missed([row for row in rows if "unchanged" in row.what or "0.5 x the floor" in row.what]) == []
    assert missed([row for row in rows if "by +10 %" in row.what and "PASS" in row.what]) == []


def test_every_table_has_its_claims() -> None:
    """So few runs decide nothing; the bounds are held on the full scale."""
    rows = [*coverage_rows(20), *memory_rows(20), *history_rows(10), *capacity_rows(10)]

    assert [row.wanted for row in rows] == [
        *["90 % to 97 %"] * 3, *["<= 8 %"] * 2, ">= 90 %", "<= 2 %", ">= 95 %", *[">= 95 %", ">= 90 %"] * 3
    ]  # fmt: skip
    assert min(row.value for row in rows if row.least > 0) > 0.5
    assert max(row.value for row in rows if row.least == 0) < 0.5


@pytest.mark.slow
@pytest.mark.alone
def test_every_claim_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """Some ten minutes."""
    assert command.verdicts_command(quick=False, as_json=False) == ExitCode.PASS, capsys.readouterr().out
