"""What the documents say is true: commands run, tables match the code, links lead somewhere.

In the README each fenced block of commands or configuration has a mark above it that says how it is checked:
`<!-- check: run -->` and `<!-- check: slow -->` run it with bash, `<!-- check: own -->` too but beside the
target file shown before, `<!-- check: target -->` and `<!-- check: workflow -->` read it as such a file.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from analysis.exit_code import ExitCode
from analysis.metric import METRICS
from analysis.target import load_target
from tests.servers.reference_service import reference_service

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
CHECKED = ("sh", "toml", "yaml")
BLOCK = re.compile(
    r"(?:<!-- check: (?P<check>[a-z]+) -->\n)?^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.M | re.S
)
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "*/README.md")
    for path in ROOT.glob(pattern)
    if path.parent.name not in (".venv", "runs")
)


@dataclass(frozen=True, slots=True)
class Block:
    check: str | None
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}"


def blocks(*checks: str) -> list[Block]:
    found = [
        Block(match["check"], match["language"], match["text"], README.count("\n", 0, match.start("text")))
        for match in BLOCK.finditer(README)
    ]
    return [block for block in found if not checks or block.check in checks]


def run(block: Block, tmp_path: Path, folder: Path = ROOT) -> None:
    """A busy machine may make a run invalid, which must say so; a second attempt has to succeed."""
    done = attempt(block, tmp_path / "first", folder)
    if done.returncode == ExitCode.INVALID and "the generator was overloaded" in done.stdout:
        shutil.rmtree(ROOT / "reports/runs/again", ignore_errors=True)  # left by a block that ended early
        done = attempt(block, tmp_path / "second", folder)
    assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


def attempt(block: Block, results: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLIMSOLL_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PLIMSOLL_RUN_DIRECTORY": str(results / "runs"),
        "PLIMSOLL_BASELINES": str(results / "baselines"),
        "PLIMSOLL_CALIBRATION": str(results / "calibration"),
        "MY_API_KEY": "a-key-of-the-test",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def links(document: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in link:
            yield link


def test_every_block_of_commands_or_configuration_is_checked() -> None:
    unchecked = [block for block in blocks() if block.language in CHECKED and block.check is None]

    assert blocks("run", "slow", "target")
    assert [str(block) for block in unchecked] == []


@pytest.mark.parametrize("block", blocks("run"), ids=str)
def test_readme_commands_run(block: Block, tmp_path: Path) -> None:
    run(block, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("slow"), ids=str)
def test_long_readme_commands_run(block: Block, tmp_path: Path) -> None:
    run(block, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("own"), ids=str)
def test_readme_commands_for_an_own_service_run(block: Block, tmp_path: Path) -> None:
    """The service that the README describes is the reference service, here on a free port."""
    (target,) = blocks("target")
    with reference_service(tmp_path) as service:
        text = target.text.replace("http://127.0.0.1:8800", service.base_url)
        (tmp_path / "my.toml").write_text(text)
        run(block, tmp_path, folder=tmp_path)


@pytest.mark.parametrize("block", blocks("target"), ids=str)
def test_readme_targets_are_valid(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(block.text)

    assert load_target(str(file)).endpoints


@pytest.mark.parametrize("block", blocks("workflow"), ids=str)
def test_readme_workflows_are_valid_steps(block: Block) -> None:
    steps = yaml.safe_load(block.text)

    assert all({"run", "uses"} & set(step) for step in steps)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_readme_defines_every_metric_as_the_code_does(name: str) -> None:
    metric = METRICS[name]
    unit = {"us": "µs"}.get(metric.unit, metric.unit)

    assert f"| `{name}` | {metric.definition} | {unit} |" in README.splitlines()


@pytest.mark.parametrize("code", list(ExitCode))
def test_readme_explains_every_exit_code(code: ExitCode) -> None:
    assert re.search(rf"^\| {int(code)} \| ", README, re.M)


def test_readme_names_every_command() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^  ([a-z]+)  ", help_text.partition("Commands:")[2], re.M)

    assert len(commands) > 5
    assert [name for name in commands if f"`plimsoll {name}" not in README] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(document: Path) -> None:
    assert [link for link in links(document) if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_workflows_are_valid_and_call_what_exists(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]

    assert workflow["permissions"]
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())
    for step in steps:
        assert step.get("uses", "actions/").startswith("actions/")
        for script in re.findall(r"(?:\./)?((?:scripts|\.ci)/[a-z.]+)", step.get("run", "")):
            assert (ROOT / script).exists()


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_a_pull_request_reaches_the_fixed_runner_from_this_repository_only(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    triggers = workflow[True]  # YAML 1.1 takes "on" for a truth value
    asked = [words for words in re.findall(r"\$\{\{.*?\}\}", path.read_text(), re.S) if "RUNNER" in words]

    if "pull_request" in triggers:
        assert [words for words in asked if "head.repo.full_name == github.repository" not in words] == []


@pytest.mark.parametrize("name", ["scripts/demo", "scripts/test", "scripts/pin", ".ci/run"])
def test_scripts_can_be_started_and_stop_at_errors(name: str) -> None:
    path = ROOT / name

    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    assert name == ".ci/run" or "set -euo pipefail" in path.read_text()


def test_ci_calls_the_test_script_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and line[0] != "#"]

    assert len(lines) == 1
    assert lines[0].startswith("exec ")
    assert lines[0].endswith('/../scripts/test"')
