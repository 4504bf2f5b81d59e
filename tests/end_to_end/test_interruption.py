"""Runs that are stopped, or lose something on the way: judged and reported all the same, never a pass."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from analysis.run_record import RunStatus, StopKind
from tests.end_to_end.bad_end import assert_no_traceback, assert_readable, assert_reported, noise_alone
from tests.end_to_end.load_run import ROOT, LoadRun, write_profile
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService, reference_service

RAISING = ROOT / "tests" / "end_to_end" / "raising_locustfile.py"
ONLY_ERRORS = """
base_url = "http://127.0.0.1:9"
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
[endpoints.health]
path = "/health"
[questions]
file = "{questions}"
[sidecar]
process = {{ port = "base_url" }}
[objectives]
host_memory.percent = false
memory_growth.mb_per_h = false
query.response.p95_ms = false
health.response.p95_ms = false
query.errors.ratio = 0.9
"""


def words(service: ReferenceService, folder: Path, *, steady: str, target: str = "reference") -> list[str]:
    profile = write_profile(folder, steady=steady)
    where = ["--target", target, "--host", service.base_url]
    return [*where, "--load-profile", str(profile), "--baseline", "none"]


def sidecar_of(run: LoadRun) -> psutil.Process:
    """The child of this very run."""
    children = psutil.Process(run.process.pid).children()
    (found,) = [child for child in children if "sidecar" in child.cmdline()]
    return found


def test_a_signal_before_the_first_request_ends_with_3(tmp_path: Path, service: ReferenceService) -> None:
    """As soon as there is a run directory: the load has not begun."""
    with LoadRun(tmp_path / "runs", words(service, tmp_path, steady="60s"), judged=True) as run:
        run.wait_until(lambda: run.directory is not None, "a run directory")
        os.kill(run.process.pid, signal.SIGTERM)
        finished = run.finish()

    assert finished.code == 3, finished.output
    assert_no_traceback(finished.output)


def test_a_killed_run_is_judged_afterwards_as_invalid(tmp_path: Path, service: ReferenceService) -> None:
    """SIGKILL leaves no time for anything; what is there can be read."""
    with LoadRun(tmp_path / "runs", words(service, tmp_path, steady="60s")) as run:
        run.wait_for_requests(20)
        run.process.kill()
        directory = run.finish().directory
    assert directory is not None
    assert assert_readable(directory).run.status is RunStatus.RUNNING

    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "judge", str(directory), "--baseline", "none"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3, done.stdout
    assert_no_traceback(done.stdout + done.stderr)
    assert_reported(directory, 3, ["run.json still says running"])


def test_a_killed_sidecar_does_not_end_the_run(tmp_path: Path, service: ReferenceService) -> None:
    """Where no objective needs it the run is not invalid for that, and the report says what is missing."""
    target = tmp_path / "plain.toml"
    questions = ROOT / "locustfiles" / "questions" / "general.jsonl"
    target.write_text(ONLY_ERRORS.format(questions=questions))
    given = words(service, tmp_path, steady="3s", target=str(target))
    with LoadRun(tmp_path / "runs", given, judged=True) as run:
        run.wait_for_requests(20)
        sidecar_of(run).kill()
        finished = run.finish()

    assert_no_traceback(finished.output)
    assert finished.directory is not None
    log = assert_readable(finished.directory)
    assert log.run.status is RunStatus.COMPLETE
    assert [event["reason"] for event in log.events if event["kind"] == "sidecar_lost"] == [
        "killed by signal 9"
    ]
    assert finished.code == (3 if noise_alone(finished.directory) else 0)
    assert_reported(finished.directory, finished.code, ["the sidecar was lost: killed by signal 9"])


@pytest.mark.parametrize("processes", [0, 2])
def test_a_listener_that_raises_makes_the_run_invalid(
    tmp_path: Path, service: ReferenceService, processes: int
) -> None:
    """Locust logs that listener's own traceback; the run goes on, is recorded, and cannot pass."""
    port = str(free_port())
    spread = ["--processes", str(processes), "--master-port", port, "--master-bind-port", port]
    given = [*words(service, tmp_path, steady="1s"), *(spread if processes else ())]
    with LoadRun(tmp_path / "runs", given, locustfile=RAISING, judged=True) as run:
        finished = run.finish()

    assert finished.code == 3, finished.output
    raised = re.findall(
        r"^(?:\w+\.)*(\w+(?:Error|Exception|Exit|Interrupt))\b", finished.output, re.MULTILINE
    )
    assert set(raised) == {"LookupError"}, finished.output
    assert finished.directory is not None
    log = assert_readable(finished.directory)
    assert log.run.status is RunStatus.COMPLETE
    assert finished.totals()["query"].ok > 0
    assert_reported(finished.directory, 3, ["a listener or greenlet"])


def test_a_service_that_dies_mid_run_does_not_pass(tmp_path: Path) -> None:
    """Its failures are data: the run goes to its end, and the requests that failed are in it."""
    with reference_service(tmp_path) as dying:
        given = words(dying, tmp_path, steady="4s")
        with LoadRun(tmp_path / "runs", given, judged=True) as run:
            run.wait_for_requests(20)
            dying.stop()
            finished = run.finish()

    assert finished.code in (1, 3), finished.output
    assert_no_traceback(finished.output)
    assert finished.directory is not None
    assert assert_readable(finished.directory).run.status is RunStatus.COMPLETE
    assert finished.totals()["query"].failures > 0
    assert_reported(finished.directory, finished.code, ["connect"])


def test_a_target_that_is_down_is_not_loaded(tmp_path: Path) -> None:
    """Nothing is started in its place, because the URL is the user's own."""
    url = f"http://127.0.0.1:{free_port()}"
    profile = write_profile(tmp_path, steady="60s")
    given = ["--target", "reference", "--load-profile", str(profile), "--host", url]
    with LoadRun(tmp_path / "runs", given, judged=True) as run:
        finished = run.finish()

    assert finished.code == 3, finished.output
    assert_no_traceback(finished.output)
    assert finished.directory is not None
    log = assert_readable(finished.directory)
    assert log.run.stop is not None
    assert log.run.stop.kind is StopKind.TARGET_DOWN
    assert log.totals() == {}
    said = f"nothing answers at {url}: start the service, or correct its base URL"
    assert said in finished.output
    assert_reported(finished.directory, 3, [said])
