"""`plimsoll run` with a real Locust and a real service."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from analysis.errors import InvalidRunError, UsageError
from analysis.exit_code import ExitCode
from scripts.checkout import ROOT
from scripts.run import execute_runs, order_for, run_command
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService, reference_service

PROFILE = """
model = "open"
arrivals = "constant"
mix = {{ query = 1, health = 1 }}
drain = "5s"
[[stages]]
name = "warm-up"
duration = "1s"
level = 10
measure = false
[[stages]]
name = "steady"
duration = "{steady}"
level = 10
"""
TARGET = """
base_url = "http://127.0.0.1:9"
[endpoints.query]
path = "/query"
body = { question = "{question}" }
[endpoints.health]
path = "/health"
"""
LIMIT_S = 60.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    """One service for all, because it takes seconds to start."""
    with reference_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def profile(folder: Path, steady: str = "1s") -> str:
    path = folder / f"short-{steady}.toml"
    path.write_text(PROFILE.format(steady=steady))
    return str(path)


def own_target(folder: Path) -> str:
    """Not the reference service, which would be started."""
    path = folder / "own.toml"
    path.write_text(TARGET)
    return str(path)


def command(root: Path, base_url: str, *words: str) -> list[str]:
    return [
        *(sys.executable, "-m", "scripts.cli", "run", "--target", "reference", "--baseline", "none"),
        *("--profile", profile(root.parent), "--run-root", str(root), "--base-url", base_url),
        *words,
    ]


def plimsoll_run(root: Path, base_url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(root, base_url, *words), capture_output=True, text=True, check=False)


def runs_in(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("*/run.json"))


def test_several_runs_are_judged_together_in_the_last_ones_directory(
    service: ReferenceService, root: Path
) -> None:
    """The verdict itself depends on how busy this machine is: it is the exit code, whatever it is."""
    done = plimsoll_run(root, service.base_url, "--runs", "2", "--json")
    first, last = runs_in(root)
    result = json.loads((last / "result.json").read_text())

    assert result["runs"] == [first.name, last.name]
    assert done.returncode == result["exit_code"]
    assert json.loads(done.stdout) == result
    assert [name for name in ("report.html", "report.md", "junit.xml") if not (last / name).exists()] == []
    assert not (first / "result.json").exists()


def test_progress_goes_to_stderr_and_arguments_to_locust(service: ReferenceService, root: Path) -> None:
    """What Locust said is kept beside the run.

    It may be shown to others, who need not know where things are on this machine.
    """
    words = [word.replace(str(root), "runs") for word in command(root, service.base_url, "--seed", "77")]
    done = subprocess.run(
        [*words, "--", "--csv", "runs/stock"],
        cwd=root.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    (run,) = runs_in(root)
    log = (run / "locust.log").read_text()

    assert done.returncode == json.loads((run / "result.json").read_text())["exit_code"]
    assert re.search(r"^run 1 of 1: 2 s planned$", done.stderr, re.M)
    assert re.search(r"^run 1 of 1: \d s, warm-up\n(.*\n)*?run 1 of 1: \d s, steady$", done.stderr, re.M)
    assert "Starting Locust" in log
    assert f"run directory: runs/{run.name}\n" in log
    assert str(root.parent) not in log.replace(profile(root.parent), "")
    assert list(root.glob(".locust*")) == []
    assert "Traceback" not in done.stderr
    assert json.loads((run / "run.json").read_text())["seed"] == 77
    assert (root / "stock_stats.csv").exists()


def test_an_argument_that_locust_does_not_know_ends_with_2(service: ReferenceService, root: Path) -> None:
    done = plimsoll_run(root, service.base_url, "--", "--no-such-thing")

    assert done.returncode == ExitCode.USAGE
    assert "--no-such-thing" in done.stderr
    assert runs_in(root) == []


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/runs"])
def test_a_place_that_holds_no_runs_is_refused_by_option(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    root = tmp_path / place

    with pytest.raises(UsageError, match=rf"^--run-root: found {root}, which cannot be written"):
        run_command(order_for("reference", "smoke", run_root=root), 1, baseline="none")


def test_a_target_that_is_down_is_an_invalid_run(root: Path) -> None:
    done = plimsoll_run(root, f"http://127.0.0.1:{free_port()}", "--target", own_target(root.parent))
    (run,) = runs_in(root)

    assert done.returncode == ExitCode.INVALID
    assert "nothing answers at http://127.0.0.1" in done.stderr + done.stdout
    assert json.loads((run / "run.json").read_text())["stop"]["kind"] == "target_down"
    assert (run / "report.html").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_ends_the_run_with_reports_and_3(
    service: ReferenceService, root: Path, number: signal.Signals
) -> None:
    words = command(root, service.base_url, "--runs", "3", "--profile", profile(root.parent, steady="60s"))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for_stage(root, "steady")
            os.kill(process.pid, number)
            stdout, stderr = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    (run,) = runs_in(root)

    assert process.returncode == ExitCode.INVALID
    assert f"run 1 of 3 was stopped by {number.name}" in stderr
    assert json.loads((run / "run.json").read_text())["status"] == "stopped"
    assert (run / "report.html").exists()
    assert str(run) in stdout
    assert "Traceback" not in stderr


def test_a_run_whose_command_is_killed_stops_and_says_so(service: ReferenceService, root: Path) -> None:
    """As when memory runs out: the load does not go on for as long as it was meant to."""
    words = command(root, service.base_url, "--profile", profile(root.parent, steady="60s"))
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_stage(root, "steady")
        finally:
            process.kill()
    (run,) = runs_in(root)
    locust = psutil.Process(json.loads((run / "run.json").read_text())["writer"]["pid"])
    deadline = time.monotonic() + LIMIT_S / 2
    with suppress(psutil.NoSuchProcess):
        while locust.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.1)
        locust.kill()

    assert json.loads((run / "run.json").read_text())["status"] == "stopped"


def test_runs_for_a_baseline_are_not_judged(service: ReferenceService, root: Path) -> None:
    order = order_for("reference", profile(root.parent), base_url=service.base_url, run_root=root)
    paths = execute_runs(order, 1)

    assert paths == runs_in(root)
    assert len(paths) == 1
    assert list(root.glob("*/result.json")) == []


def test_runs_for_a_baseline_fail_when_one_cannot_be_made(root: Path) -> None:
    """It names the run, and keeps what there is."""
    url = f"http://127.0.0.1:{free_port()}"
    order = order_for(own_target(root.parent), profile(root.parent), base_url=url, run_root=root)
    with pytest.raises(InvalidRunError, match=r"^run 1 of 5: Locust ended with code 3"):
        execute_runs(order, 5)

    assert len(runs_in(root)) == 1


def wait_for_stage(root: Path, name: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if any(f'"name":"{name}"' in path.read_text() for path in root.glob("*/events.jsonl")):
            return
        time.sleep(0.1)
    raise AssertionError(f"the stage {name} did not begin")
