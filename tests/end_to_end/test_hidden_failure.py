"""What could look like a good run and is none: a service that hangs, a worker that never began."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from analysis.failure import FailureKind
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import RAG, ROOT, LoadRun, write_profile
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService, until

NEEDS_A_KEY = """
base_url = "{url}"
headers = {{ Authorization = "Bearer ${{PLIMSOLL_TEST_KEY}}" }}
[questions]
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
[endpoints.health]
path = "/health"
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
"""


def test_requests_that_the_drain_limit_ends_are_timeouts(
    tmp_path: Path, run_root: Path, faulty_service: ReferenceService
) -> None:
    """A service that hangs from the middle of the run on must not look like one without errors."""
    profile = write_profile(tmp_path, steady="4s", drain="1s")
    words = ["--load-profile", str(profile), "--host", faulty_service.base_url]
    with LoadRun(run_root, words) as run:
        run.wait_for_requests(20)
        faulty_service.faults(hang_rate=1.0)
        finished = run.finish()
    totals = finished.totals()
    assert finished.log.run.status is RunStatus.COMPLETE
    for endpoint in ("query", "stream"):
        assert totals[endpoint].aborted == 0
        assert totals[endpoint].failed[FailureKind.TIMEOUT] > 0


def test_a_worker_that_cannot_begin_ends_the_run_as_invalid(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Half the load without a word would pass as the whole."""
    target = tmp_path / "keyed.toml"
    target.write_text(NEEDS_A_KEY.format(url=service.base_url))
    port = free_port()
    words = ["--target", str(target), "--load-profile", str(write_profile(tmp_path, steady="20s"))]
    words += ["--master", "--expect-workers", "1", "--master-bind-port", str(port)]
    words += ["--master-bind-host", "127.0.0.1"]
    environ = {name: value for name, value in os.environ.items() if name != "PLIMSOLL_TEST_KEY"}
    with LoadRun(run_root, words, environ={"PLIMSOLL_TEST_KEY": "k"}, judged=True) as master:
        worker = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(RAG), "--worker", "--master-port", str(port)],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            finished = master.finish()
        finally:
            worker.kill()
            worker.wait()
    assert finished.code == 3, finished.output
    assert "could not begin" in finished.output
    assert "PLIMSOLL_TEST_KEY" in finished.output
    assert "Traceback" not in finished.output


def own_reference(folder: Path, port: int) -> Path:
    """The shipped target on a port of the test's own, so that the run starts the service there."""
    shipped = (ROOT / "locustfiles" / "targets" / "reference.toml").read_text()
    (folder / "targets").mkdir()
    (folder / "questions").symlink_to(ROOT / "locustfiles" / "questions")
    target = folder / "targets" / "reference.toml"
    target.write_text(shipped.replace("http://127.0.0.1:8800", f"http://127.0.0.1:{port}"))
    return target


def serving(port: int) -> list[psutil.Process]:
    """Processes that name the port on their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(port) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_run_stopped_while_it_opens_leaves_no_service_behind(tmp_path: Path, run_root: Path) -> None:
    """The service that the run was starting ends with it, and run.json says what happened."""
    port = free_port()
    target = own_reference(tmp_path, port)
    words = ["--target", str(target), "--load-profile", str(write_profile(tmp_path, steady="20s"))]
    with LoadRun(run_root, words) as run:
        run.wait_until(lambda: bool(serving(port)), "the service's process")
        os.kill(run.process.pid, signal.SIGTERM)
        finished = run.finish()
    until(lambda: not serving(port))
    assert finished.code == 3, finished.output
    assert finished.log.run.status in (RunStatus.STOPPED, RunStatus.ABORTED)
    assert "Traceback" not in finished.output


def test_a_killed_run_takes_the_service_it_started_with_it(tmp_path: Path, run_root: Path) -> None:
    """The next run must not measure an orphan."""
    port = free_port()
    target = own_reference(tmp_path, port)
    words = ["--target", str(target), "--load-profile", str(write_profile(tmp_path, steady="20s"))]
    with LoadRun(run_root, words) as run:
        run.wait_for_requests(1)
        run.process.kill()
    until(lambda: not serving(port))
