"""`plimsoll regenerate` with runs that were made before: what it compares, writes and leaves alone."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from analysis.baseline import BaselineKind, baseline_path, promote, read_baseline
from analysis.environment import read_environment
from analysis.errors import BaselineError, HistoryError, InvalidRunError, TargetDownError, UsageError
from analysis.exit_code import ExitCode
from analysis.history import history_path, read_history
from analysis.result import Outcome
from scripts import regenerate
from scripts.load_process import Order
from scripts.machine import check_machine
from scripts.regenerate import RegenerationOrder, regenerate_command
from scripts.run import order_for
from tests.run_builder import build_run, build_runs
from tests.scripts.recorded import record_candidate
from tests.servers.debian_server import free_port

RUNS = 5
SCALES = {"first": 1.0, "like the first": 1.0, "later": 1.35, "last": 1.45}
Made = dict[str, list[Path]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Weeks of a service that became slower: at once, or little by little."""
    root = tmp_path_factory.mktemp("runs")
    return {
        name: build_runs(root / name, RUNS, first=20 * place, scale=scale)
        for place, (name, scale) in enumerate(SCALES.items())
    }


class Regenerated(Protocol):
    """Regenerates from the runs of a week; what is asked for beyond them comes from `more`."""

    def __call__(
        self,
        week: str,
        *,
        more: Sequence[Path] = (),
        profile: str = "baseline",
        runs: int = RUNS,
        pairs: int = 0,
        as_json: bool = False,
    ) -> int: ...


@pytest.fixture
def regenerated(tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch) -> Regenerated:
    monkeypatch.setattr(regenerate, "check_machine", lambda *_: ("cores: one, which is few",))

    def once(
        week: str,
        *,
        more: Sequence[Path] = (),
        profile: str = "baseline",
        runs: int = RUNS,
        pairs: int = 0,
        as_json: bool = False,
    ) -> int:
        waiting = [*made[week], *more]

        def execute(order: Order, count: int) -> list[Path]:
            taken, waiting[:] = waiting[:count], waiting[count:]
            return taken

        monkeypatch.setattr(regenerate, "execute_runs", execute)
        load = order_for("reference", profile, run_root=tmp_path)
        order = RegenerationOrder(load, runs=runs, pairs=pairs, baselines=tmp_path)
        return regenerate_command(order, allow_inconclusive=False, as_json=as_json)

    return once


def stored(root: Path, runs: list[Path], *kinds: BaselineKind) -> tuple[Path, ...]:
    return tuple(promote(record_candidate(root, runs), root, kind) for kind in kinds)


def one(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f"reference/baseline/{pattern}")
    return found


def test_the_first_one_has_nothing_to_be_compared_with_but_pairs_of_its_own(
    regenerated: Regenerated, made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = regenerated("first", more=made["like the first"][:4], pairs=2, as_json=True)

    assert code == ExitCode.INCONCLUSIVE

    content = json.loads(capsys.readouterr().out)
    assert (content["verdict"], content["label"]) == ("no_baseline", "baseline-new")
    assert (content["rolling"], content["anchor"], content["pairs"]) == (None, None, 2)
    (row,) = read_history(history_path(tmp_path, "reference", "baseline"))
    assert (row.rolling, row.anchor) == (None, None)
    candidate = read_baseline(one(tmp_path, "*.candidate.json"))
    assert candidate.baseline_id == row.baseline_id
    assert candidate.noise["query.response.p95"].s_pair_aa is not None
    page = one(tmp_path, "*.review.md").read_text()
    assert "There is no anchor for this environment" in page
    assert "--as anchor" in page
    assert "2 pairs of the same version: too few for a decision" in page
    assert list(tmp_path.glob("reference/baseline/*.rolling.json")) == []
    assert list(tmp_path.glob("reference/baseline/*.anchor.json")) == []


def test_what_is_within_the_margin_passes_and_replaces_nothing(
    regenerated: Regenerated, made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = stored(tmp_path, made["first"], BaselineKind.ROLLING, BaselineKind.ANCHOR)
    before = [place.read_bytes() for place in places]

    code = regenerated("like the first")

    assert code == ExitCode.PASS
    assert [place.read_bytes() for place in places] == before
    assert capsys.readouterr().out.startswith("PASS (exit code 0)\n")
    (row,) = read_history(history_path(tmp_path, "reference", "baseline"))
    assert (row.rolling, row.anchor) == (Outcome.PASS, Outcome.PASS)


def test_small_changes_that_add_up_are_seen_by_the_anchor_and_shown_on_the_page(
    regenerated: Regenerated, made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Last week's change is within the margin."""
    stored(tmp_path, made["later"], BaselineKind.ROLLING)
    (anchor,) = stored(tmp_path, made["first"], BaselineKind.ANCHOR)
    before = anchor.read_bytes()

    assert regenerated("last", as_json=True) == ExitCode.REGRESSION

    content = json.loads(capsys.readouterr().out)
    assert content["label"] == "baseline-degraded"
    assert content["rolling"]["outcome"] in ("pass", "inconclusive")
    assert content["anchor"]["outcome"] == "regression"
    assert any(reason.startswith("anchor: query response") for reason in content["reasons"])
    assert anchor.read_bytes() == before

    page = one(tmp_path, "*.review.md").read_text()
    assert page.startswith("## ❌ REGRESSION: a new baseline of reference under baseline\n")
    for words in (
        "### Against the rolling baseline",
        "### Against the anchor",
        "| Metric | Old | New | Change | Margin | Seen from | Outcome |",
        "❌ REGRESSION |",
        "- cores: one, which is few",
        "No pairs of the same version were made",
        f"    plimsoll baseline promote {one(tmp_path, '*.candidate.json')}",
        f"]({one(tmp_path, '*.changes.svg').name})",
        f"]({one(tmp_path, '*.history.svg').name})",
    ):
        assert words in page
    assert "Changes. rolling: " in one(tmp_path, "*.changes.svg").read_text()


def test_too_many_invalid_runs_write_nothing(
    regenerated: Regenerated, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = [build_run(tmp_path / "sick", number=number, cpu_percent=99.0) for number in (90, 91, 92)]
    monkeypatch.setitem(made, "sick", [*sick, *made["first"][:4]])

    with pytest.raises(InvalidRunError, match="wanted 5"):
        regenerated("sick")
    assert not (tmp_path / "reference").exists()


def damaged_anchor(root: Path) -> Path:
    env8 = read_environment().env8
    return baseline_path(root, "reference", "baseline", env8, BaselineKind.ANCHOR)


def test_a_place_that_cannot_be_written_is_refused_before_any_load(
    regenerated: Regenerated, made: Made, tmp_path: Path
) -> None:
    load = order_for("reference", "baseline", run_root=tmp_path)
    order = RegenerationOrder(load, runs=RUNS, pairs=0, baselines=made["first"][0] / "run.json")

    with pytest.raises(UsageError, match=r"--baselines: found .*run\.json, which cannot be written"):
        regenerate_command(order, allow_inconclusive=False, as_json=False)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        (damaged_anchor, BaselineError),
        (lambda root: history_path(root, "reference", "baseline"), HistoryError),
    ],
)
def test_a_damaged_file_is_refused_before_any_load(
    regenerated: Regenerated, tmp_path: Path, place: Callable[[Path], Path], error: type[Exception]
) -> None:
    place(tmp_path).parent.mkdir(parents=True)
    place(tmp_path).write_text("{\n")

    with pytest.raises(error):
        regenerated("first")
    assert list(tmp_path.glob("reference/baseline/*.candidate.json")) == []


@pytest.mark.parametrize(
    ("runs", "pairs", "message"),
    [
        (4, 0, "--runs: found 4, wanted 5 or more"),
        (5, 1, "--pairs: found 1, wanted 0 for none, or 2 or more"),
        (5, -2, "--pairs: found -2"),
    ],
)
def test_too_few_runs_or_pairs_are_refused(
    regenerated: Regenerated, runs: int, pairs: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        regenerated("first", runs=runs, pairs=pairs)


def test_a_profile_that_is_never_compared_is_refused(regenerated: Regenerated) -> None:
    with pytest.raises(UsageError, match="--profile: found manual, whose runs are never compared"):
        regenerated("first", profile="manual")


def test_a_target_that_is_down_stops_it_before_any_load(tmp_path: Path) -> None:
    target = tmp_path / "own.toml"
    target.write_text(f'base_url = "http://127.0.0.1:{free_port()}"\n[endpoints.health]\npath = "/health"\n')

    with pytest.raises(TargetDownError, match=r"^port: "):
        check_machine(str(target), None)


def test_an_environment_variable_that_is_missing_is_a_usage_error(tmp_path: Path) -> None:
    target = tmp_path / "own.toml"
    target.write_text('base_url = "http://${NO_SUCH_HOST_NAME}"\n[endpoints.health]\npath = "/health"\n')

    with pytest.raises(UsageError, match="NO_SUCH_HOST_NAME"):
        check_machine(str(target), None)


def test_the_reference_service_need_not_run() -> None:
    """A run starts it by itself."""
    assert isinstance(check_machine("reference", f"http://127.0.0.1:{free_port()}"), tuple)
