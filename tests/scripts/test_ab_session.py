"""Whole sessions of `plimsoll ab`, but for the load: their runs are made up."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis import ab_judge
from analysis.aa_noise import read_aa_noise
from analysis.ab_judge import ArmRun, read_arm_run
from analysis.ab_result import AbResult
from analysis.ab_session import AbPlan, read_session
from analysis.errors import InvalidRunError, TargetDownError, UsageError
from analysis.exit_code import ExitCode
from analysis.noise import Spread
from analysis.result import Outcome, Verdict
from analysis.steadiness import STEADY
from scripts.ab.command import begin, hold_session, resume_command
from scripts.ab.one_at_a_time import one_at_a_time
from scripts.ab.sitting import Sitting
from tests.ab_builder import A_URL, B_URL, MadeUpRuns, plan


@pytest.fixture(autouse=True)
def services() -> Iterator[None]:
    """Something accepts connections at both addresses, as in other test processes; nothing is asked of it."""
    with _listening(A_URL), _listening(B_URL):
        yield


@contextmanager
def _listening(url: str) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2])), reuse_port=True):
        yield


def hold(
    tmp_path: Path, runs: MadeUpRuns, chosen: AbPlan | None = None, max_minutes: float | None = None
) -> tuple[Path, AbResult]:
    folder = begin(chosen or plan(tmp_path), tmp_path / "sessions")
    return folder, hold_session(folder, max_minutes, maker=runs)


def test_the_same_version_passes_at_the_first_look(tmp_path: Path) -> None:
    runs = MadeUpRuns()
    folder, result = hold(tmp_path, runs, plan(tmp_path, most_pairs=12))

    assert result.verdict is Verdict.PASS
    assert result.exit_code == ExitCode.PASS
    assert runs.asked == [A_URL, B_URL, B_URL, A_URL] * 2
    assert (result.pairs, [look.pairs for look in result.looks]) == (4, [4])
    assert json.loads((folder / "result.json").read_text())["verdict"] == "pass"
    assert len(list((folder / "runs").glob("*/run.json"))) == 8


def test_what_is_known_of_the_noise_tells_the_chance_to_pass_before_the_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = {f"query.response.{name}": Spread(0.05, 22.0, floored=True) for name in ("p50", "p95")}
    hold(tmp_path, MadeUpRuns(), replace(plan(tmp_path), floors=floors))
    said = capsys.readouterr().err

    chance = re.search(r"an unchanged version passes within 4 pairs with a chance of (\d+) %", said)
    assert chance is not None
    assert int(chance[1]) < 20
    assert chance.start() < said.index("pair 1 of 4, A")


def test_a_slower_version_is_a_regression_with_reports_that_say_so(tmp_path: Path) -> None:
    folder, result = hold(tmp_path, MadeUpRuns(change=0.3))

    assert result.verdict is Verdict.REGRESSION
    assert result.exit_code == ExitCode.REGRESSION
    assert any("query response p95 changed by +" in reason for reason in result.reasons)
    assert [(one.metric, one.statistic) for one in result.attribution] == [
        (row.metric, row.statistic) for row in result.rows if row.gated and row.outcome is Outcome.REGRESSION
    ]
    for name in ("report.md", "report.html", "junit.xml"):
        text = (folder / name).read_text()
        assert "REGRESSION" in text
        assert A_URL.removeprefix("http://") in text


def test_the_same_session_gives_the_same_bytes_again(tmp_path: Path) -> None:
    folder, _ = hold(tmp_path, MadeUpRuns(change=0.3))
    names = ("result.json", "report.md", "report.html", "junit.xml")
    before = [(folder / name).read_bytes() for name in names]

    asked_again = MadeUpRuns()
    hold_session(folder, None, maker=asked_again)

    assert asked_again.asked == []
    assert [(folder / name).read_bytes() for name in names] == before


def test_an_interrupted_session_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """The third run never came to its end: no pair is half of one time and half of another."""
    folder = begin(plan(tmp_path), tmp_path / "sessions")
    stopped = MadeUpRuns(spoil=lambda number: "SIGTERM" if number == 3 else {})

    with pytest.raises(InvalidRunError, match=r"stopped by SIGTERM after 1 pair; go on with .*--resume"):
        hold_session(folder, None, maker=stopped)
    assert len(read_session(folder).runs) == 3
    read_session(folder).taken_up().write(folder)
    resumed = MadeUpRuns(asked=["before"] * 10)
    result = hold_session(folder, None, maker=resumed)

    assert resumed.asked[10:] == [B_URL, A_URL, A_URL, B_URL, B_URL, A_URL]
    assert result.verdict is Verdict.PASS
    assert result.pairs == 4


def test_a_session_is_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = begin(plan(tmp_path), tmp_path / "sessions")
    before = (folder / "ab.json").read_bytes()

    with (
        one_at_a_time(folder),
        pytest.raises(UsageError, match="found a session that another process is making"),
    ):
        resume_command(folder, None, allow_inconclusive=False, as_json=False)
    assert (folder / "ab.json").read_bytes() == before
    with one_at_a_time(folder):
        pass


@pytest.mark.parametrize(
    ("unsteady", "change", "verdict"),
    [(8, 0.0, Verdict.INCONCLUSIVE), (8, 0.3, Verdict.REGRESSION), (4, 0.0, Verdict.PASS)],
)
def test_pairs_of_runs_of_which_most_were_not_steady_prove_no_pass(
    unsteady: int, change: float, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they spent warming up would hide a change; one that shows all the same is there."""
    warning = (STEADY, "not steady: make the warm-up longer")

    def read(path: Path) -> ArmRun:
        run = read_arm_run(path)
        return replace(run, warnings=(warning,)) if path.name < f"run-{unsteady:02d}" else run

    monkeypatch.setattr(ab_judge, "read_arm_run", read)
    _, result = hold(tmp_path, MadeUpRuns(change=change))

    told = f"in {unsteady} of 8 runs: {warning[1]}"
    assert result.verdict is verdict
    assert (told in result.reasons) is (verdict is Verdict.INCONCLUSIVE)
    assert (told in result.warnings) is (verdict is not Verdict.INCONCLUSIVE)


def test_an_invalid_run_is_made_again_and_told_of(tmp_path: Path) -> None:
    overloaded: dict[str, Any] = {"send_lag_us": 200_000}
    runs = MadeUpRuns(spoil=lambda number: overloaded if number in (1, 2) else {})
    _, result = hold(tmp_path, runs)

    assert result.verdict is Verdict.PASS
    assert len(runs.asked) == 10
    assert [(run.pair, run.arm.value) for run in result.repeated] == [(1, "b"), (1, "b")]
    assert "the generator was overloaded" in (result.repeated[0].reason or "")


class Flaky:
    """In place of the service that a command starts: the starts with these numbers fail."""

    option = "--b-command"

    def __init__(self, *failing: int) -> None:
        self._failing = failing
        self._starts = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        self._starts += 1
        if self._starts in self._failing:
            raise TargetDownError("--b-command: not healthy")
        yield


def test_a_start_that_fails_now_and_then_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Flaky(3, 6)
    monkeypatch.setattr(Sitting, "_service", lambda *_: service)
    _, result = hold(tmp_path, MadeUpRuns())

    assert result.verdict is Verdict.PASS
    assert [(run.run, run.reason) for run in result.repeated] == [(None, "--b-command: not healthy")] * 2


def test_a_version_that_never_started_ends_the_session_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Flaky(2)
    monkeypatch.setattr(Sitting, "_service", lambda *_: service)

    with pytest.raises(TargetDownError, match="--b-command: not healthy"):
        hold(tmp_path, MadeUpRuns())


def test_runs_that_stay_invalid_make_the_session_invalid(tmp_path: Path) -> None:
    overloaded: dict[str, Any] = {"send_lag_us": 200_000}
    runs = MadeUpRuns(spoil=lambda number: overloaded if number >= 4 else {})
    folder, result = hold(tmp_path, runs)

    assert result.verdict is Verdict.INVALID
    assert result.exit_code == ExitCode.INVALID
    assert len(runs.asked) == 7
    assert "run A of pair 3 was invalid 3 times" in result.reasons[0]
    assert "these figures decide nothing" in (folder / "report.html").read_text()


def test_a_run_on_another_kind_of_machine_ends_the_session(tmp_path: Path) -> None:
    other: dict[str, Any] = {"hard": {"cpu_model": "Another"}}
    runs = MadeUpRuns(spoil=lambda number: other if number == 2 else {})

    with pytest.raises(InvalidRunError, match=r"are not alike, these keys differ: environment\.hard"):
        hold(tmp_path, runs)


def test_a_session_out_of_time_is_inconclusive_and_says_what_it_would_need(tmp_path: Path) -> None:
    """No time is spent on pairs that reach no look."""
    runs = MadeUpRuns(noise=0.2)
    _, result = hold(tmp_path, runs, plan(tmp_path, most_pairs=12), max_minutes=0.001)

    assert runs.asked == []
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.exit_code == ExitCode.INCONCLUSIVE
    assert "the next look, at 4 pairs, would take" in result.reasons[0]


def test_noise_that_twelve_pairs_do_not_overcome_is_inconclusive(tmp_path: Path) -> None:
    runs = MadeUpRuns(noise=0.2)
    _, result = hold(tmp_path, runs, plan(tmp_path, most_pairs=6))

    assert result.verdict is Verdict.INCONCLUSIVE
    assert len(runs.asked) == 12
    assert [look.outcome for look in result.looks] == [Outcome.INCONCLUSIVE] * 2
    assert any("the smallest effect that these runs would show" in reason for reason in result.reasons)


def test_a_version_against_itself_makes_all_pairs_and_leaves_its_noise(tmp_path: Path) -> None:
    runs = MadeUpRuns(noise=0.01)
    folder, result = hold(tmp_path, runs, plan(tmp_path, most_pairs=8, itself=True))

    assert set(runs.asked) == {A_URL}
    assert len(runs.asked) == 16
    assert result.verdict is Verdict.PASS
    assert result.noise is not None
    assert (result.noise.pairs, result.noise.gates, result.noise.false_regressions) == (8, 2, 0)
    found = read_aa_noise(folder / "aa-noise.json")
    assert 0.005 < found.figures["query.response.p50"].deviation < 0.03
