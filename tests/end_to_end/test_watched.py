"""What is watched beside the load: a real Prometheus, a real Redis, and what a run says without them."""

from pathlib import Path

from analysis.result import read_result
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import Finished, LoadRun, run_load, write_profile
from tests.servers.prometheus_server import prometheus_server
from tests.servers.redis_server import redis_server
from tests.servers.reference_service import ReferenceService, reference_service, until


def report_of(finished: Finished) -> str:
    assert finished.directory is not None
    return (finished.directory / "report.html").read_text()


def test_prometheus_redis_and_an_opening_breaker_are_in_the_log_and_the_report(
    tmp_path: Path, run_root: Path
) -> None:
    """The shipped PromQL is answered with numbers; the breaker opens when a dependency is taken away."""
    with (
        redis_server(tmp_path) as redis,
        reference_service(
            tmp_path, redis_url=redis.url, allow_faults=True, breaker_failures=3, breaker_recovery_s=60.0
        ) as service,
        prometheus_server(tmp_path, {"reference": f"127.0.0.1:{service.port}"}) as prometheus,
    ):
        until(lambda: prometheus.value('up{job="reference"}') == 1.0)
        profile = write_profile(tmp_path, steady="6s")
        words = ["--load-profile", str(profile), "--host", service.base_url, "--baseline", "none"]
        environ = {"PROMETHEUS_URL": prometheus.url, "REDIS_URL": redis.url}
        with LoadRun(run_root, words, environ=environ, judged=True) as run:
            run.wait_for_requests(50)
            service.faults(dependency_down=["generate"])
            finished = run.finish()
        kept = set(redis.client().scan_iter("circuit_breaker:*"))

    assert finished.code in (1, 3), finished.output
    log = finished.log
    assert log.run.status is RunStatus.COMPLETE
    samples = [sample for sample in log.samples if sample["source"] == "sidecar"]

    read = {name for sample in samples for name, value in sample["prometheus"].items() if value is not None}
    assert {"request_rate", "query_p95_s", "in_flight", "rss_bytes", "breakers_open"} <= read
    assert any(sample["prometheus"]["breakers_open"] == 1.0 for sample in samples)
    assert any((sample["redis"] or {}).get("used_memory_bytes", 0) > 0 for sample in samples)
    assert {f"circuit_breaker:{name}" for sample in samples for name in sample["breakers"]} == kept
    states = [sample["breakers"].get("generate") for sample in samples]
    assert "closed" in states
    assert states[-1] == "open"
    opened = [event for event in log.events if event["kind"] == "breaker"]
    assert [(event["name"], event["from"], event["to"]) for event in opened] == [
        ("generate", "closed", "open")
    ]

    report = report_of(finished)
    assert "breaker generate went from closed to open" in report
    for title in ("Circuit breakers", "Redis operations", "Redis memory", "Prometheus: rss_bytes"):
        assert title in report, title
    assert "Everything that the target asks for was watched." in report
    assert finished.directory is not None
    assert read_result(finished.directory / "result.json").not_watched == ()


def test_without_prometheus_and_redis_the_run_works_and_says_what_was_not_watched(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """The service's own /metrics is scraped instead."""
    words = ["--load-profile", str(write_profile(tmp_path, steady="3s")), "--host", service.base_url]
    nothing = {"PROMETHEUS_URL": "", "REDIS_URL": ""}
    finished = run_load(run_root, *words, "--baseline", "none", environ=nothing, judged=True)

    log = finished.log
    assert log.run.status is RunStatus.COMPLETE, finished.output
    samples = [sample for sample in log.samples if sample["source"] == "sidecar"]
    assert any("plimsoll_service_in_flight" in series for sample in samples for series in sample["scrape"])
    assert all(sample.get("prometheus", {}) == {} and sample.get("redis") is None for sample in samples)
    assert finished.directory is not None
    reasons = read_result(finished.directory / "result.json").not_watched
    report = report_of(finished)
    for part in ("prometheus", "redis", "breakers"):
        assert any(reason.lower().startswith(part) for reason in reasons), reasons
    for reason in reasons:
        assert reason in report
    assert "Redis operations" not in report
