"""Plain Locust stays plain Locust: stock users, -u/-r/-t, tags, CSV, master and worker."""

import csv
from pathlib import Path

import pytest

from analysis.failure import FailureKind
from analysis.run_record import ClockKind, RunStatus, WorkerState
from tests.end_to_end.load_run import ROOT, LoadRun, run_load, worker, write_profile
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService

STOCK = ROOT / "tests" / "end_to_end" / "stock_locustfile.py"


def test_stock_users_of_an_own_locustfile_are_recorded(run_root: Path, service: ReferenceService) -> None:
    """Each request once, under its name, without kernel stamps."""
    words = ["-u", "4", "-r", "4", "-t", "4s", "--host", service.base_url]
    with LoadRun(run_root, words, locustfile=STOCK) as run:
        finished = run.finish()
    totals = finished.totals()
    assert totals["health"].ok > 0
    assert totals["health_fast"].ok > 0
    assert totals["missing"].ok == 0
    assert totals["missing"].failed == {FailureKind.HTTP_4XX: totals["missing"].started}
    assert finished.log.run.clock is ClockKind.USER
    assert finished.log.merged("health.response").count == totals["health"].ok


def test_the_manual_profile_obeys_users_rate_and_time(run_root: Path, service: ReferenceService) -> None:
    """The default profile leaves -u, -r and -t to Locust and runs to the end of -t."""
    finished = run_load(run_root, "-u", "3", "-r", "3", "-t", "4s", "--host", service.base_url)
    assert finished.code == 0, finished.output
    run = finished.log.run
    assert (run.profile, run.status) == ("manual", RunStatus.COMPLETE)
    assert finished.totals()["query"].ok > 0


def test_the_stock_statistics_count_each_exchange_once(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Locust's own CSV agrees with our counts: no request is fired twice, none is missing."""
    prefix = tmp_path / "stock"
    profile = write_profile(tmp_path, steady="4s")
    words = ["--load-profile", str(profile), "--host", service.base_url, "--csv", str(prefix)]
    finished = run_load(run_root, *words)
    totals = finished.totals()
    with Path(f"{prefix}_stats.csv").open() as file:
        stock = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
    # The CSV writer's last row may be a second old.
    for endpoint in ("query", "stream", "health"):
        assert stock[endpoint] <= totals[endpoint].started
    assert stock["Aggregated"] <= sum(counts.started for counts in totals.values())
    assert stock["Aggregated"] > 0.5 * sum(counts.started for counts in totals.values())


@pytest.mark.parametrize("model", ["closed", "open"])
def test_tags_choose_endpoints_in_both_models(
    tmp_path: Path, run_root: Path, service: ReferenceService, model: str
) -> None:
    """--tags health sends nothing but health checks."""
    more = "" if model == "closed" else 'arrivals = "constant"'
    profile = write_profile(tmp_path, model=model, level=20, steady="2s", more=more)
    words = ["--load-profile", str(profile), "--host", service.base_url, "--tags", "health"]
    finished = run_load(run_root, *words)
    totals = finished.totals()
    assert set(totals) - {"generator"} == {"health"}
    assert totals["health"].ok > 0


def test_a_master_and_separate_workers_record_one_run(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Workers started by hand get target, profile and seed from the master."""
    port = free_port()
    profile = write_profile(tmp_path, steady="3s")
    words = ["--load-profile", str(profile), "--host", service.base_url, "--master", "--expect-workers", "2"]
    words += ["--master-bind-port", str(port), "--master-bind-host", "127.0.0.1"]
    with LoadRun(run_root, words) as master, worker(port), worker(port):
        finished = master.finish()
    assert finished.code == 0, finished.output
    assert {row.worker for row in finished.log.counts} == {0, 1}
    assert finished.totals()["stream"].aborted == 0


def test_a_worker_that_is_killed_makes_the_run_invalid(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """The loss is in the events and in run.json, and the judge refuses the run."""
    port = free_port()
    profile = write_profile(tmp_path, steady="10s")
    words = ["--load-profile", str(profile), "--host", service.base_url, "--master", "--expect-workers", "2"]
    words += ["--master-bind-port", str(port), "--master-bind-host", "127.0.0.1"]
    with LoadRun(run_root, words, judged=True) as master, worker(port), worker(port) as second:
        master.wait_for_requests(10)
        second.kill()
        finished = master.finish()
    assert finished.code == 3, finished.output
    log = finished.log
    assert any(event["kind"] == "worker_lost" for event in log.events)
    assert sorted(worker.state for worker in log.run.workers) == [WorkerState.LOST, WorkerState.READY]
    assert "worker" in finished.output
