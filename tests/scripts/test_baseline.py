"""`plimsoll baseline`: what is recorded, shown and promoted."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.baseline import BaselineKind, read_baseline
from analysis.errors import BaselineError, InvalidRunError, UsageError
from analysis.run_summary import Summary
from scripts.baseline import (
    diff_command,
    promote_command,
    record_command,
    schema_command,
    show_command,
    valid_runs,
)
from scripts.forecast_text import chances_text, expectation, forecast_text
from scripts.run import _Done, order_for, run_command
from tests.analysis.stored_baseline import stored_baseline
from tests.run_builder import PROFILE, build_run, build_runs
from tests.scripts.recorded import record_candidate


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build_runs(tmp_path_factory.mktemp("runs"), 5)


def never(count: int) -> list[Path]:
    raise AssertionError(f"{count} more runs were asked for")


def test_fewer_than_five_runs_are_refused_before_any_load(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--runs: found 4, wanted 5 or more"):
        record_command(order_for("reference", "smoke", run_root=tmp_path), 4, baselines=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_before_any_load(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    order = order_for("reference", "smoke", run_root=tmp_path / "runs")

    with pytest.raises(UsageError, match=r"--baselines: found .*file, which cannot be written"):
        record_command(order, 5, baselines=tmp_path / "file")

    assert not (tmp_path / "runs").exists()


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


def test_a_run_that_was_not_steady_counts_and_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half as fast for the first minute, of which the load profile leaves out 10 s."""
    long = replace(PROFILE, stages=(PROFILE.stages[0], replace(PROFILE.stages[1], duration_s=110)))
    path = build_run(
        tmp_path, profile=long, per_slice={"query": 10}, warm_up_scale=1.0,
        pace=lambda t: 2.0 if t < 60 else 1.0,
    )  # fmt: skip

    assert valid_runs([path], 1, never) == [path]
    assert f"{path.name} counts, but it was not steady: between 10 and 60 s" in capsys.readouterr().err


def test_of_many_runs_a_fifth_may_be_made_again(tmp_path: Path, runs: list[Path]) -> None:
    """An hour of load is not given up for the third stall of the machine."""
    sick = build_run(tmp_path, number=7, cpu_percent=99.0)
    made: list[int] = []

    def execute(count: int) -> list[Path]:
        made.append(count)
        return runs[:count]

    assert len(valid_runs([*runs, *runs, *runs, *runs[:2], sick, sick, sick], 20, execute)) == 20
    assert made == [3]


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


def test_promoting_names_what_it_replaces(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for _ in range(2):
        path = record_candidate(tmp_path, runs)
        name = read_baseline(path).baseline_id
        promote_command(path, "anchor", tmp_path)
        said.append(capsys.readouterr().err)

    assert said == ["", f"plimsoll: the anchor baseline was {name}\n"]


def test_only_rolling_and_anchor_can_be_promoted_to(tmp_path: Path, runs: list[Path]) -> None:
    path = record_candidate(tmp_path, runs)

    with pytest.raises(UsageError, match="--as: found golden, wanted rolling or anchor"):
        promote_command(path, "golden", tmp_path)


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="there is no such baseline"):
        show_command(tmp_path / "x.rolling.json", as_json=False)


def test_a_baseline_is_shown_with_the_chance_to_pass(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    show_command(record_candidate(tmp_path, runs), as_json=False)

    shown = capsys.readouterr().out
    assert re.search(r"like the baseline's: \d+ % with 1 run, \d+ % with 3 runs, \d+ % with 5", shown)


def test_what_changed_from_one_baseline_to_another_is_shown(
    tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old = record_candidate(tmp_path / "old", runs)
    new = record_candidate(tmp_path / "new", build_runs(tmp_path / "runs", 5, first=20, scale=1.5))

    assert diff_command(old, new, as_json=False) == 0
    shown = capsys.readouterr().out
    assert diff_command(old, new, as_json=True) == 0
    content = json.loads(capsys.readouterr().out)

    assert any(line.startswith("query response p95") and "regression" in line for line in shown.splitlines())
    assert content["comparable"] is True
    assert {row["outcome"] for row in content["rows"] if row["metric"] == "response" and row["gated"]} == {
        "regression"
    }


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema_command() == 0

    assert json.loads(capsys.readouterr().out)["title"] == "Plimsoll baseline"


@pytest.mark.parametrize(
    ("target", "profile", "message"),
    [
        ("reference", "smoke", "profile: found a baseline of baseline, wanted one of smoke"),
        ("openai", "baseline", "target: found a baseline of reference, wanted one of openai"),
        (
            "reference",
            "baseline",
            "environment: found a baseline of another one, these keys differ: .*cpu_model",
        ),
    ],
)
def test_a_baseline_that_cannot_be_extended_is_refused_before_any_load(
    tmp_path: Path, runs: list[Path], target: str, profile: str, message: str
) -> None:
    path = record_candidate(tmp_path, runs)
    order = order_for(target, profile, run_root=tmp_path / "none")

    with pytest.raises(UsageError, match=f"--extend: {message}"):
        record_command(order, 1, extend=path, baselines=tmp_path)

    assert not (tmp_path / "none").exists()


def test_noise_figures_that_are_not_there_are_refused_before_any_load(tmp_path: Path) -> None:
    order = order_for("reference", "baseline", run_root=tmp_path / "none")

    with pytest.raises(UsageError, match=r"aa-noise\.json: cannot be read"):
        record_command(order, 5, noise=[tmp_path / "aa-noise.json"])

    assert not (tmp_path / "none").exists()


def test_the_chance_to_pass_is_told_before_the_load(
    tmp_path: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The load itself is left out here: nothing was made, so that there is nothing to judge."""
    path = record_candidate(tmp_path, runs)
    monkeypatch.setattr("scripts.run._execute", lambda *_: _Done((), None))

    order = order_for("reference", "baseline", run_root=tmp_path / "none")

    with pytest.raises(InvalidRunError, match="no run was made"):
        run_command(order, 2, baseline=str(path))

    assert "like the baseline's, with a chance of" in capsys.readouterr().err


def test_before_a_run_its_chance_to_pass_is_told(tmp_path: Path, runs: list[Path]) -> None:
    path = str(record_candidate(tmp_path, runs))

    text = expectation("reference", "baseline", 2, path, tmp_path)

    assert text is not None
    assert re.match(
        r"2 runs against baseline \S+: an unchanged service passes, .*, with a chance of \d+ %", text
    )


@pytest.mark.parametrize(
    ("profile", "baseline"),
    [("baseline", "none"), ("baseline", "auto"), ("smoke", "auto"), ("baseline", "no/file")],
)
def test_without_a_baseline_to_compare_with_there_is_nothing_to_tell(
    tmp_path: Path, profile: str, baseline: str
) -> None:
    assert expectation("reference", profile, 2, baseline, tmp_path) is None


def test_a_chance_that_is_small_comes_with_what_would_help() -> None:
    """The stored runs hardly scatter, so that the floor of 3 % decides: one run is too few, five are not."""
    baseline = replace(stored_baseline(), noise={})
    assert baseline.gating is not None
    rules = replace(baseline.gating.rules, margins={"response.p95": 0.09})

    text = forecast_text(baseline, rules, 1)

    assert "query.response.p95 is the least sure" in text
    assert re.search(r"--runs \d+ makes it 9\d %$", text)


def test_where_other_days_are_known_the_chance_is_that_of_any_day() -> None:
    baseline = stored_baseline()
    assert baseline.gating is not None

    assert "unchanged service passes: " in chances_text(baseline, baseline.gating.rules)
    assert "like the baseline's" in chances_text(replace(baseline, noise={}), baseline.gating.rules)


def test_a_margin_that_no_number_of_runs_can_prove_is_told() -> None:
    baseline = stored_baseline()
    assert baseline.gating is not None
    rules = replace(baseline.gating.rules, margins={"response.p95": 0.01})

    assert "more runs would not" in forecast_text(baseline, rules, 1)


def test_runs_that_nothing_can_be_gated_from_are_told_to_be_inconclusive() -> None:
    baseline = stored_baseline()
    few = tuple(
        replace(run, series={"query.response": Summary(30, run.series["query.response"].values)})
        for run in baseline.runs
    )
    assert baseline.gating is not None

    text = forecast_text(replace(baseline, runs=few), baseline.gating.rules, 1)

    assert "will be inconclusive" in text


@pytest.mark.parametrize(
    ("tau_s", "said"),
    [
        (1.0, "warm-up of 10 s: enough, by MSER-5 over 5 runs"),
        (15.0, "warm-up of 10 s: too short, MSER-5 over 5 runs asks for 30 s; in between latencies are "),
    ],
)
def test_a_baseline_says_whether_the_warm_up_is_long_enough(
    tmp_path: Path, tau_s: float, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Latencies begin at twice what they are later, and lose it with a time constant; the run takes 60 s."""
    runs = build_runs(tmp_path, 5, warm_up_scale=1.0, pace=lambda t: 1.0 + math.exp(-t / tau_s))
    path = record_candidate(tmp_path, runs)

    show_command(path, as_json=False)

    assert said in capsys.readouterr().out
