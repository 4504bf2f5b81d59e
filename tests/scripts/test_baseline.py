"""`plimsoll baseline`: what is recorded, shown and promoted."""

import json
from pathlib import Path

import pytest

from analysis.baseline import BaselineKind, read_baseline
from analysis.errors import BaselineError, InvalidRunError, UsageError
from scripts.baseline import promote_command, record_command, show_command, valid_runs
from tests.run_builder import build_run, build_runs
from tests.scripts.recorded import record_candidate


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build_runs(tmp_path_factory.mktemp("runs"), 5)


def never(count: int) -> list[Path]:
    raise AssertionError(f"{count} more runs were asked for")


def test_fewer_than_five_runs_are_refused_before_any_load(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--runs: found 4, wanted 5 or more"):
        record_command("reference", "smoke", 4, run_root=tmp_path, baselines=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_valid_runs_need_no_others(runs: list[Path]) -> None:
    assert valid_runs(runs, 5, never) == runs


def test_invalid_runs_are_left_out_and_made_again(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sick = build_run(tmp_path, number=7, cpu_percent=99.0)
    spare = build_run(tmp_path, number=8)

    found = valid_runs([*runs[:4], sick], 5, lambda count: [spare][:count])

    assert found == [*runs[:4], spare]
    assert f"{sick.name} is left out: the busiest worker used 99 %" in capsys.readouterr().err


def test_no_more_than_two_runs_are_made_again(tmp_path: Path, runs: list[Path]) -> None:
    """A generator that is unhealthy three times in a row is not going to be healthy."""
    sick = [build_run(tmp_path, number=number, cpu_percent=99.0) for number in (7, 8, 9)]
    made: list[int] = []

    def execute(count: int) -> list[Path]:
        made.append(count)
        return [sick.pop()]

    with pytest.raises(InvalidRunError, match="found 4 valid runs of 7, wanted 5"):
        valid_runs([*runs[:4], sick.pop()], 5, execute)

    assert made == [1, 1]


def test_a_baseline_is_shown_with_its_spread(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = record_candidate(tmp_path, runs)

    assert show_command(path, as_json=False) == 0

    shown = capsys.readouterr().out
    assert "reference x baseline, 5 runs" in shown
    assert "cpu_model Example 3000" in shown
    assert any(line.startswith("query") and "p95" in line and "ms" in line for line in shown.splitlines())


def test_a_baseline_is_shown_as_json(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = record_candidate(tmp_path, runs)

    show_command(path, as_json=True)

    assert json.loads(capsys.readouterr().out) == json.loads(path.read_text())


@pytest.mark.parametrize("kind", ["rolling", "anchor"])
def test_a_candidate_is_promoted(
    tmp_path: Path, runs: list[Path], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = record_candidate(tmp_path, runs)

    assert promote_command(path, kind, tmp_path) == 0

    place = Path(capsys.readouterr().out.strip())
    assert place.name.endswith(f".{kind}.json")
    assert read_baseline(place).kind is BaselineKind(kind)
    assert not path.exists()


def test_only_rolling_and_anchor_can_be_promoted_to(tmp_path: Path, runs: list[Path]) -> None:
    path = record_candidate(tmp_path, runs)

    with pytest.raises(UsageError, match="--as: found golden, wanted rolling or anchor"):
        promote_command(path, "golden", tmp_path)


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="there is no such baseline"):
        show_command(tmp_path / "x.rolling.json", as_json=False)
