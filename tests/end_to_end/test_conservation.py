"""No request is lost, invented or sent twice, and the service counts the same as the client."""

import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from analysis.counts import Counts
from analysis.run_record import RunStatus, StopKind
from tests.end_to_end.bad_end import assert_no_traceback, assert_readable, assert_reported
from tests.end_to_end.load_run import Finished, LoadRun, run_load, write_profile, write_target
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService
from tests.servers.script import response, send
from tests.servers.truth import truth_server

RESETS = {"reset_rate": 0.4}
BUSY = """
model = "closed"
mix = { query = 1 }
[[stages]]
duration = "60s"
level = 4
"""
SLOW_STREAMS = {"slow_stream_ms": 300}
UNWATCHED = ("--sidecar-command", "none")


def received(service: ReferenceService) -> Mapping[str, int]:
    """Requests that the service counted as they arrived, by endpoint."""
    return service.stats()["received"]


def since(before: Mapping[str, int], after: Mapping[str, int], endpoint: str) -> int:
    return after.get(endpoint, 0) - before.get(endpoint, 0)


def words(service: ReferenceService, profile: Path, *more: str) -> list[str]:
    return ["--target", "reference", "--load-profile", str(profile), "--host", service.base_url, *more]


def all_ok(totals: Mapping[str, Counts]) -> None:
    for endpoint in ("query", "stream", "health"):
        counts = totals[endpoint]
        assert counts.ok > 0
        assert counts.ok == counts.started
        assert counts.dropped == counts.aborted == 0


@pytest.mark.parametrize("model", ["closed", "open"])
@pytest.mark.parametrize("processes", [0, 2])
def test_the_service_counts_exactly_what_was_started(
    tmp_path: Path, service: ReferenceService, model: str, processes: int
) -> None:
    """With no fault injected every request is answered once, streams in flight at the end included."""
    more = 'think = "0.02s"' if model == "closed" else 'arrivals = "poisson"'
    profile = write_profile(tmp_path, model=model, level=6 if model == "closed" else 40, more=more)
    before = received(service)
    port = str(free_port())
    extra = ["--processes", str(processes), "--master-port", port, "--master-bind-port", port]
    given = words(service, profile, *UNWATCHED, *(extra if processes else ()))
    finished = run_load(tmp_path / "runs", *given)
    after = received(service)
    assert finished.code == 0, finished.output
    totals = finished.totals()
    all_ok(totals)
    for endpoint in ("query", "stream"):
        assert totals[endpoint].started == since(before, after, endpoint)
    assert finished.log.run.status is RunStatus.COMPLETE
    assert len(finished.log.run.workers) == max(1, processes)


def test_connections_reset_at_random_lose_no_count(tmp_path: Path, faulty_service: ReferenceService) -> None:
    """Each reset is one failure; the service has seen at least the good ones and at most those sent."""
    faulty_service.faults(**RESETS)
    before = received(faulty_service)
    finished = run_load(tmp_path / "runs", *words(faulty_service, write_profile(tmp_path), *UNWATCHED))
    after = received(faulty_service)
    totals = finished.totals()
    for endpoint in ("query", "stream"):
        counts = totals[endpoint]
        assert counts.failures > 0
        assert counts.ok <= since(before, after, endpoint) <= counts.started


def stop_mid_run(
    tmp_path: Path,
    service: ReferenceService,
    number: signal.Signals,
    *more: str,
    drain: str = "10s",
    judged: bool = False,
) -> Finished:
    profile = write_profile(tmp_path, steady="60s", drain=drain)
    with LoadRun(tmp_path / "runs", words(service, profile, *more), judged=judged) as run:
        run.wait_for_requests(30)
        os.kill(run.process.pid, number)
        return run.finish()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_streams_in_flight_finish_and_leaves_reports_and_3(
    tmp_path: Path, service: ReferenceService, number: signal.Signals
) -> None:
    """The drain waits for them, so nothing is aborted and the service agrees."""
    before = received(service)
    finished = stop_mid_run(tmp_path, service, number, "--baseline", "none", judged=True)
    after = received(service)
    assert finished.code == 3, finished.output
    assert_no_traceback(finished.output)
    totals = finished.totals()
    all_ok(totals)
    assert totals["stream"].started == since(before, after, "stream")
    assert finished.directory is not None
    run = assert_readable(finished.directory).run
    assert run.status is RunStatus.STOPPED
    assert run.stop is not None
    assert run.stop.kind is StopKind.SIGNAL
    assert_reported(finished.directory, 3, ["the run ended before its time (signal)"])
    assert finished.output.count("INVALID (exit code 3)") == 1


def test_streams_that_outlast_the_drain_are_counted_as_aborted(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    """A stream that takes longer than the drain limit is killed, and the books still balance."""
    faulty_service.faults(**SLOW_STREAMS)
    finished = stop_mid_run(tmp_path, faulty_service, signal.SIGTERM, *UNWATCHED, drain="1s")
    totals = finished.totals()
    assert totals["stream"].aborted > 0
    assert finished.code == 3


def test_a_signal_to_master_and_workers_keeps_the_books(tmp_path: Path, service: ReferenceService) -> None:
    """SIGTERM to the master drains every worker before the end."""
    port = free_port()
    finished = stop_mid_run(
        tmp_path,
        service,
        signal.SIGTERM,
        *("--processes", "2", "--master-port", str(port), "--master-bind-port", str(port)),
    )
    assert finished.code == 3, finished.output
    totals = finished.totals()
    all_ok(totals)
    assert finished.log.run.status is RunStatus.STOPPED


def test_an_interrupt_amid_requests_tears_none_of_them(tmp_path: Path) -> None:
    """The generator is busy all the time, so the signal comes while it deals with a request; three times."""
    profile = tmp_path / "busy.toml"
    profile.write_text(BUSY)
    with truth_server() as truth, ExitStack() as stack:
        truth.script("/query", [send(response())])
        target = write_target(tmp_path, truth.url)
        more = ["--target", str(target), "--load-profile", str(profile), "--sidecar-command", "none"]
        runs = [stack.enter_context(LoadRun(tmp_path / name / "runs", more)) for name in "abc"]
        for run in runs:
            run.wait_for_requests(100)
            os.kill(run.process.pid, signal.SIGINT)
        for run in runs:
            finished = run.finish()
            counts = finished.totals()["query"]
            assert counts.ok == counts.started > 0
            assert "Traceback" not in finished.output
