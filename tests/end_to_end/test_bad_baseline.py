"""`plimsoll judge` with a baseline that is missing, damaged or of another kind never passes, and says why."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.baseline import BaselineKind, baseline_path, write_baseline
from analysis.baseline_builder import build_baseline
from analysis.errors import PlimsollError
from analysis.judge import judge
from tests.end_to_end.bad_end import assert_no_traceback, assert_reported
from tests.run_builder import HARD, PROFILE, TARGET, build_run, build_runs


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a good baseline."""
    folder = tmp_path_factory.mktemp("stored")
    path = folder / "baseline.json"
    write_baseline(build_baseline(build_runs(folder / "runs", 5)), path)
    return path.read_text()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "baselines"


def judged(*words: object) -> subprocess.CompletedProcess[str]:
    """As users do."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", "judge", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def place(root: Path, stored: str) -> Path:
    content = json.loads(stored)
    return baseline_path(root, TARGET.name, PROFILE.name, content["env8"], BaselineKind.ROLLING)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def changed(stored: str, **keys: Any) -> str:
    return json.dumps({**json.loads(stored), **keys})


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "corrupt": (lambda text: text[: len(text) // 2], "found broken JSON"),
    "empty": (lambda _: "", "found broken JSON"),
    "no object": (lambda _: "[1, 2]", "found a list, wanted an object"),
    "another schema": (
        lambda text: changed(text, schema="plimsoll.baseline/9"),
        'schema: found "plimsoll.baseline/9", wanted "plimsoll.baseline/1"',
    ),
    "an unknown key": (lambda text: changed(text, extra=1), "extra"),
    "a wrong type": (lambda text: changed(text, runs=7), "runs"),
    "changed by hand": (lambda text: changed(text, clock="user"), "it was changed after it was recorded"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("found", ["named", "found by itself"])
def test_a_broken_baseline_is_refused(tmp_path: Path, root: Path, stored: str, name: str, found: str) -> None:
    breaking, said = BROKEN[name]
    path = tmp_path / "named.json" if found == "named" else place(root, stored)
    put(path, breaking(stored))
    run = build_run(tmp_path / "runs", number=9)

    with pytest.raises(PlimsollError) as caught:
        judge([run], baseline=str(path) if found == "named" else "auto", baselines_root=root)

    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert not (run / "result.json").exists()


@pytest.mark.parametrize("found", ["named", "found by itself"])
def test_a_broken_baseline_ends_with_2(tmp_path: Path, root: Path, stored: str, found: str) -> None:
    breaking, said = BROKEN["corrupt"]
    path = tmp_path / "named.json" if found == "named" else place(root, stored)
    put(path, breaking(stored))
    run = build_run(tmp_path / "runs", number=9)

    done = judged(run, "--baselines", root, *(["--baseline", path] if found == "named" else []))

    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"plimsoll: {path}: ")
    assert said in line
    assert_no_traceback(done.stdout + done.stderr)
    assert not (run / "result.json").exists()


def test_a_named_baseline_that_is_not_there_ends_with_2(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path / "runs")

    done = judged(run, "--baselines", root, "--baseline", tmp_path / "gone.json")

    assert done.returncode == 2
    assert "gone.json: there is no such baseline" in done.stderr


def test_without_any_baseline_the_run_is_inconclusive(tmp_path: Path, root: Path) -> None:
    """4, or 0 for who allows it; either way the reports say so."""
    run = build_run(tmp_path / "runs")
    words = "there is no baseline of reference x baseline for this environment"

    done = judged(run, "--baselines", root)
    allowed = judged(run, "--baselines", root, "--allow-inconclusive")

    assert (done.returncode, allowed.returncode) == (4, 0)
    assert words in done.stdout
    assert "plimsoll baseline record" in done.stdout
    assert_reported(run, 0)


def test_a_baseline_of_another_environment_is_not_compared_with(
    tmp_path: Path, root: Path, stored: str
) -> None:
    """The key that differs is named, and nothing else."""
    put(place(root, stored), stored)
    run = build_run(tmp_path / "runs", number=9, hard={**HARD, "cpu_model": "Example 9000"})

    done = judged(run, "--baselines", root)

    assert done.returncode == 4, done.stdout
    assert "cpu_model" in done.stdout
    assert "kernel" not in done.stdout
    assert_no_traceback(done.stdout + done.stderr)
    assert_reported(run, 4, ["cpu_model"])


def test_a_copied_baseline_cut_at_any_byte_is_refused(tmp_path: Path, root: Path, stored: str) -> None:
    """The copy beside a judged run is what the run is judged with again."""
    run = build_run(tmp_path / "runs", number=9)
    put(place(root, stored), stored)
    assert judge([run], baseline="auto", baselines_root=root).comparison is not None
    copy = run / "baseline.json"
    whole = copy.read_bytes()
    for length in range(0, len(whole.rstrip()), max(1, len(whole) // 40)):
        copy.write_bytes(whole[:length])
        with pytest.raises(PlimsollError, match=r"baseline\.json: ") as caught:
            judge([run], baseline="auto", baselines_root=root)
        assert caught.value.exit_code == 2
