"""The weekly workflow's proposal, run as its shell would in a repository of its own, with a `gh` of ours."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from analysis.baseline import BaselineKind, promote, read_baseline, write_baseline
from tests.run_builder import build_runs
from tests.scripts.recorded import record_candidate

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = ROOT / ".github/workflows/weekly-baseline.yml"
GH = """#!/bin/sh
echo "$@" >>"$GH_LOG"
case "$1 $2" in
  "pr view") echo "$PR_STATE" ;;
esac
"""
NAME = "reference baseline"
FOLDER = "baselines/reference/baseline"


def step(name: str) -> str:
    (job,) = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    (found,) = (step["run"] for step in job["steps"] if step.get("name") == name)
    return str(found)


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    return record_candidate(root, build_runs(root / "runs", 5))


@pytest.fixture
def checkout(tmp_path: Path, candidate: Path) -> Path:
    """A clone with a rolling baseline and an anchor, in which a regeneration has just ended."""
    clone = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    git(clone, "config", "user.name", "somebody")
    git(clone, "config", "user.email", "somebody@example.invalid")
    folder = clone / FOLDER
    folder.mkdir(parents=True)
    for kind in (BaselineKind.ROLLING, BaselineKind.ANCHOR):
        shutil.copy(candidate, folder)
        promote(folder / candidate.name, clone / "baselines", kind)
    git(clone, "add", "baselines")
    git(clone, "commit", "--quiet", "--message", "first")
    git(clone, "push", "--quiet", "origin", "main")

    env8 = candidate.name[:8]
    write_baseline(replace(read_baseline(candidate), baseline_id="new").sealed(), folder / candidate.name)
    (folder / "history.jsonl").write_text("{}\n")
    for name in ("history", "changes"):
        (folder / f"{env8}.{name}.svg").write_text("<svg/>\n")
    (folder / f"{env8}.review.md").write_text(
        f"![Changes]({env8}.changes.svg)\n\n![History]({env8}.history.svg)\n"
    )
    script(clone / ".venv/bin/plimsoll", f'#!/bin/sh\nexec {sys.executable} -m scripts.cli "$@"\n')
    script(tmp_path / "bin/gh", GH)
    return clone


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def propose(checkout: Path, state: str) -> list[str]:
    """The calls of `gh`."""
    log = checkout.parent / "gh.log"
    (candidate,) = checkout.glob(f"{FOLDER}/*.candidate.json")
    (review,) = checkout.glob(f"{FOLDER}/*.review.md")
    environment = os.environ | {
        "PATH": f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PLIMSOLL_BASELINES": str(checkout / "baselines"),
        "RUNNER_TEMP": str(checkout.parent),
        "GITHUB_SERVER_URL": "https://git.example.invalid",
        "GITHUB_REPOSITORY": "somebody/service",
        "GH_LOG": str(log),
        "PR_STATE": state,
        "NAME": NAME,
        "VERDICT": "pass",
        "LABEL": "baseline-steady",
        "CANDIDATE": str(candidate.relative_to(checkout)),
        "REVIEW": str(review.relative_to(checkout)),
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step("Propose")],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return log.read_text().splitlines()


def test_the_request_has_the_history_first_and_the_baseline_second(checkout: Path) -> None:
    calls = propose(checkout, "")
    branch = git(checkout, "branch", "--show-current").strip()
    new, history = (
        set(git(checkout, "show", "--name-status", "--format=", commit).splitlines())
        for commit in (branch, f"{branch}~1")
    )
    env8 = next(checkout.glob(f"{FOLDER}/*.anchor.json")).name[:8]

    assert branch.startswith("baseline/reference-baseline-2")
    assert new == {f"M\t{FOLDER}/{env8}.rolling.json"}
    assert history == {
        f"A\t{FOLDER}/{name}"
        for name in ("history.jsonl", f"{env8}.review.md", f"{env8}.history.svg", f"{env8}.changes.svg")
    }
    assert git(checkout, "rev-parse", f"origin/{branch}") == git(checkout, "rev-parse", branch)
    assert any(
        call.startswith(f"pr create --head {branch} --title baselines: {NAME}, pass ") for call in calls
    )
    assert f"pr edit {branch} --add-label baseline-steady" in calls
    page = (checkout.parent / "review.md").read_text()
    where = f"https://git.example.invalid/somebody/service/raw/{branch}/{FOLDER}"
    assert f"]({where}/{env8}.history.svg)" in page
    assert f"]({where}/{env8}.changes.svg)" in page


def test_a_request_that_is_open_is_renewed(checkout: Path) -> None:
    calls = propose(checkout, "OPEN")

    assert [call for call in calls if call.startswith("pr create")] == []
    assert any(call.startswith("pr edit") and "--body-file" in call for call in calls)
