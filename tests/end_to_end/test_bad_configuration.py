"""What cannot be carried out is refused before any load: one line that says what to correct, and code 2."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.end_to_end.bad_end import assert_no_traceback
from tests.end_to_end.load_run import RAG, ROOT

TARGET = """
base_url = "http://127.0.0.1:9"
[endpoints.query]
path = "/query"
body = { question = "{question}" }
timeout = "5s"
[questions]
file = "questions/general.jsonl"
[objectives]
query.errors.ratio = 0.01
"""
PROFILE = """
model = "closed"
mix = { query = 1 }
think = "10ms"
[[stages]]
name = "steady"
duration = "60s"
level = 1
"""
HEADER = 'Authorization = "Bearer ${PLIMSOLL_TEST_UNSET}"'
SECRET = "planted-secret-91c2"


@dataclass(frozen=True)
class Case:
    """A change to a working pair of files, or words for the command line, and what must be said."""

    said: str
    target: tuple[str, str] | None = None
    profile: tuple[str, str] | None = None
    words: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


CASES = {
    "an unknown target": Case(
        "targets/refrence.toml: found no such file, wanted a target that exists",
        words=("--target", "refrence"),
    ),
    "an unknown load profile": Case(
        'did you mean "smoke"?',
        words=("--load-profile", "smok"),
    ),
    "a target file that is not there": Case(
        "gone.toml: found no such file, wanted the TOML file of a target", words=("--target", "gone.toml")
    ),
    "an unknown key of a target": Case(
        'endpoints.query.timout: found an unknown key, wanted one of',
        target=('timeout = "5s"', 'timout = "5s"'),
    ),
    "an unknown key of a load profile": Case(
        'profile.toml: stages[0].durtion: found an unknown key',
        profile=("duration =", "durtion ="),
    ),
    "a wrong type in a target": Case(
        "target.toml: endpoints.query.path: found 7, wanted a string", target=('"/query"', "7")
    ),
    "a wrong type in a load profile": Case(
        'profile.toml: stages[0].level: found "one", wanted a number', profile=("level = 1", 'level = "one"')
    ),
    "broken TOML": Case("target.toml: found a mistake:", target=("[questions]", "[questions")),
    "a file that is not UTF-8 text": Case("profile.toml: found", profile=("steady", "\0")),
    "a missing environment variable in a header": Case(
        "target.toml: headers.Authorization: found ${PLIMSOLL_TEST_UNSET} but no such environment variable",
        target=("[endpoints.query]", f"[headers]\n{HEADER}\n[endpoints.query]"),
    ),
    "a missing environment variable in the base URL": Case(
        "target.toml: base_url: found ${PLIMSOLL_TEST_UNSET} but no such environment variable",
        target=("http://127.0.0.1:9", "http://${PLIMSOLL_TEST_UNSET}:9"),
    ),
    "a mix entry without endpoint": Case(
        "profile.toml: mix.stream: found no such endpoint", profile=("query = 1", "query = 1, stream = 1")
    ),
    "an objective for no endpoint": Case("objectives.stream", target=("query.errors", "stream.errors")),
    "a question file that is not there": Case("gone.jsonl", target=("general.jsonl", "gone.jsonl")),
    "a base URL that is none": Case("found", words=("--host", "127.0.0.1:9")),
    "a host that no name server could know": Case(
        "found a host name", words=("--host", "http://a..b:80")
    ),
    "half an address as the base URL": Case("found a host that is none", words=("--host", "http://[x")),
    "credentials in the base URL": Case("credentials", words=("--host", f"http://me:{SECRET}@127.0.0.1:9")),
    "a baseline that is not there": Case(
        "gone.json: there is no such baseline", words=("--baseline", "gone.json")
    ),
    "a corrupt baseline": Case("found broken JSON", words=("--baseline", "corrupt.json")),
    "a baseline of another schema": Case(
        'schema: found "plimsoll.baseline/9", wanted "plimsoll.baseline/1"',
        words=("--baseline", "other.json"),
    ),
    "tags that leave nothing": Case("nothing to do:", words=("--tags", "stream")),
    "a run directory that is a file": Case(
        "--run-directory: found", words=("--run-directory", "corrupt.json")
    ),
}  # fmt: skip


def put_files(folder: Path, case: Case) -> None:
    for name, text, change in (("target", TARGET, case.target), ("profile", PROFILE, case.profile)):
        old, new = change or ("", "")
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1) if change else text)
    (folder / "corrupt.json").write_text('{"schema": "plimsoll.base')
    (folder / "other.json").write_text('{"schema": "plimsoll.baseline/9"}')


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


@pytest.mark.parametrize("name", CASES)
def test_locust_refuses(tmp_path: Path, name: str) -> None:
    """With the load's own command, before a user is started or a run directory is made."""
    case = CASES[name]
    put_files(tmp_path, case)
    words = ["--target", "target.toml", "--load-profile", "profile.toml", "--run-directory", "runs"]

    done = ask(tmp_path, ["locust", "-f", str(RAG), "--headless", *words, *case.words])

    assert_refused(done, case.said, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "an unknown target",
        "an unknown key of a load profile",
        "a wrong type in a target",
        "a missing environment variable in a header",
        "a mix entry without endpoint",
        "a baseline that is not there",
        "a corrupt baseline",
    ],
)
def test_plimsoll_run_refuses_the_same(tmp_path: Path, name: str) -> None:
    """Once, whether it notices itself or Locust does."""
    case = CASES[name]
    put_files(tmp_path, case)
    words = ["--target", "target.toml", "--profile", "profile.toml", "--run-root", "runs"]
    own = [word.replace("--load-profile", "--profile") for word in case.words]

    done = ask(tmp_path, ["scripts.cli", "run", *words, *own])

    assert_refused(done, case.said if case.words[:1] != ("--baseline",) else "baseline", tmp_path)


@pytest.mark.parametrize("command", ["doctor", "sidecar"])
def test_other_commands_refuse_a_wrong_target(tmp_path: Path, command: str) -> None:
    case = CASES["an unknown key of a target"]
    put_files(tmp_path, case)

    assert_refused(ask(tmp_path, ["scripts.cli", command, "--target", "target.toml"]), case.said, tmp_path)


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
