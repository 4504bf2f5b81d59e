"""What cannot be carried out is refused before any load: one line that says what to correct, and code 2."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.end_to_end.bad_end import assert_no_traceback
from tests.end_to_end.load_run import RAG, ROOT
from tests.mistakes import MISTAKES, SECRET, put_files


def ask(folder: Path, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs in a folder with the files; nothing of the caller's own settings counts."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PLIMSOLL_")}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**own, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(done: subprocess.CompletedProcess[str], said: str, folder: Path) -> None:
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert_no_traceback(output)
    lines = [line for line in done.stderr.splitlines() if line.startswith("plimsoll: ")]
    assert len(lines) == 1, output
    assert said in lines[0]
    assert SECRET not in output
    assert "Shape" not in output
    assert not list(folder.glob("**/run.json"))


@pytest.mark.parametrize(
    "name",
    [
        "an unknown target",
        "an unknown key of a load profile",
        "a missing environment variable in a header",
        "credentials in the base URL",
        "a corrupt baseline",
        "a run directory that is a file",
        "tags that leave nothing",
    ],
)
def test_locust_refuses(tmp_path: Path, name: str) -> None:
    """With the load's own command, before a user is started or a run directory is made."""
    mistake = MISTAKES[name]
    put_files(tmp_path, mistake)
    words = ["--target", "target.toml", "--load-profile", "profile.toml", "--run-directory", "runs"]

    done = ask(tmp_path, ["locust", "-f", str(RAG), "--headless", *words, *mistake.words])

    assert_refused(done, mistake.said, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "an unknown target",
        "a missing environment variable in a header",
        "a corrupt baseline",
    ],
)
def test_plimsoll_run_refuses_the_same(tmp_path: Path, name: str) -> None:
    """Once, whether it notices itself or Locust does."""
    mistake = MISTAKES[name]
    put_files(tmp_path, mistake)
    words = ["--target", "target.toml", "--profile", "profile.toml", "--run-root", "runs"]
    own = [word.replace("--load-profile", "--profile") for word in mistake.words]

    done = ask(tmp_path, ["scripts.cli", "run", *words, *own])

    assert_refused(done, mistake.said if mistake.words[:1] != ("--baseline",) else "baseline", tmp_path)


@pytest.mark.parametrize("command", ["doctor", "sidecar"])
def test_other_commands_refuse_a_wrong_target(tmp_path: Path, command: str) -> None:
    mistake = MISTAKES["an unknown key of a target"]
    put_files(tmp_path, mistake)

    assert_refused(ask(tmp_path, ["scripts.cli", command, "--target", "target.toml"]), mistake.said, tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--seed", "many"], "Invalid value for '--seed'"),
        (["judge"], "Missing argument 'RUN...'"),
        (["regenrate"], "No such command 'regenrate'"),
        (["run", "--profile", "smoke", "--", "--no-such"], "unrecognized arguments: --no-such"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_ends_with_2(tmp_path: Path, words: list[str], said: str) -> None:
    done = ask(tmp_path, ["scripts.cli", *words])

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert_no_traceback(done.stdout + done.stderr)
