"""What is watched beside the load: a real Prometheus and a real Redis."""

from pathlib import Path

from analysis.result import read_result
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import LoadRun, write_profile
from tests.servers.prometheus_server import prometheus_server
from tests.servers.redis_server import redis_server
from tests.servers.reference_service import reference_service, until


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
        profile = write_profile(tmp_path, steady="7s")
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

    assert finished.directory is not None
    report = (finished.directory / "report.html").read_text()
    assert "breaker generate went from closed to open" in report
    for title in ("Circuit breakers", "Redis operations", "Redis memory", "Prometheus: rss_bytes"):
        assert title in report, title
    assert "Everything that the target asks for was watched." in report
    assert read_result(finished.directory / "result.json").not_watched == ()
