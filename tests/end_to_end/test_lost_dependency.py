"""Prometheus and Redis may be away: the load does not care, and the report says what was not watched."""

from pathlib import Path

from analysis.result import read_result
from analysis.run_log import RunLog
from analysis.run_record import RunStatus
from tests.end_to_end.bad_end import assert_no_traceback, assert_readable, assert_reported, noise_alone
from tests.end_to_end.load_run import Finished, LoadRun, write_profile
from tests.servers.debian_server import free_port
from tests.servers.prometheus_server import prometheus_server
from tests.servers.redis_server import redis_server
from tests.servers.reference_service import ReferenceService


def load(folder: Path, service: ReferenceService, steady: str, **urls: str) -> LoadRun:
    profile = write_profile(folder, steady=steady)
    words = ["--target", "reference", "--host", service.base_url, "--load-profile", str(profile)]
    return LoadRun(folder / "runs", [*words, "--baseline", "none"], environ=urls, judged=True)


def assert_ended_well(finished: Finished) -> Path:
    """Complete, and nothing but the machine's own noise or the service's speed against it."""
    assert_no_traceback(finished.output)
    assert finished.directory is not None
    assert assert_readable(finished.directory).run.status is RunStatus.COMPLETE
    assert finished.code in ((3,) if noise_alone(finished.directory) else (0, 1)), finished.output
    return finished.directory


def test_away_from_the_start(tmp_path: Path, service: ReferenceService) -> None:
    prometheus = f"http://127.0.0.1:{free_port()}"
    redis = f"redis://127.0.0.1:{free_port()}/0"
    with load(tmp_path, service, "2s", PROMETHEUS_URL=prometheus, REDIS_URL=redis) as run:
        finished = run.finish()

    directory = assert_ended_well(finished)
    markdown = assert_reported(directory, finished.code)
    for part in ("prometheus", "redis", "breakers"):
        assert f"- {part}: connection refused" in markdown


def test_no_server_at_all(tmp_path: Path, service: ReferenceService) -> None:
    """The service's own /metrics is read instead, and memory of its process."""
    with load(tmp_path, service, "2s", PROMETHEUS_URL="", REDIS_URL="") as run:
        finished = run.finish()

    directory = assert_ended_well(finished)
    assert_reported(directory, finished.code, ["- prometheus: no URL given", "- redis: no URL given"])
    samples = [sample for sample in finished.log.samples if sample["source"] == "sidecar"]
    assert any("plimsoll_service_in_flight" in series for sample in samples for series in sample["scrape"])
    assert any(sample.get("process") for sample in samples)
    assert all(sample.get("prometheus", {}) == {} and sample.get("redis") is None for sample in samples)
    reasons = read_result(directory / "result.json").not_watched
    report = (directory / "report.html").read_text()
    for part in ("prometheus", "redis", "breakers"):
        assert any(reason.lower().startswith(part) for reason in reasons), reasons
    for reason in reasons:
        assert reason in report
    assert "Redis operations" not in report


def test_lost_mid_run(tmp_path: Path, service: ReferenceService) -> None:
    """What was read before stays; how much is missing is said."""
    with (
        redis_server(tmp_path) as redis,
        prometheus_server(tmp_path, {"service": f"127.0.0.1:{service.port}"}) as prometheus,
        load(tmp_path, service, "6s", PROMETHEUS_URL=prometheus.url, REDIS_URL=redis.url) as run,
    ):
        run.wait_until(lambda: seen(run, "redis") and seen(run, "prometheus"), "a reading of both")
        redis.stop()
        prometheus.stop()
        finished = run.finish()

    directory = assert_ended_well(finished)
    markdown = assert_reported(directory, finished.code)
    for part in ("prometheus", "redis"):
        assert f"- {part}: connection refused, in " in markdown
        assert any(part in sample.get("missing", {}) for sample in finished.log.samples)
        assert any(sample.get(part) for sample in finished.log.samples)


def seen(run: LoadRun, part: str) -> bool:
    directory = run.directory
    if directory is None or not (directory / "samples.jsonl").exists():
        return False
    return any(sample.get(part) for sample in RunLog.read(directory).samples)
