"""Target xnai against the reference service that speaks its API: only the base URL differs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.result import read_result
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import run_load, write_profile
from tests.servers.reference_service import ReferenceService, reference_service

ENDPOINTS = ("query", "stream", "health")


@pytest.fixture(scope="module")
def xnai_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    with reference_service(tmp_path_factory.mktemp("xnai"), api="xnai") as service:
        yield service


def test_query_stream_and_health_are_measured_and_judged(
    tmp_path: Path, run_root: Path, xnai_service: ReferenceService
) -> None:
    """The stream's literal separators are read as events: first token and gaps have values."""
    profile = write_profile(tmp_path, steady="5s")
    words = ["--target", "xnai", "--load-profile", str(profile), "--host", xnai_service.base_url]
    words += ["--baseline", "none"]
    finished = run_load(run_root, *words, judged=True)

    totals = finished.totals()
    log = finished.log
    assert log.run.status is RunStatus.COMPLETE, finished.output
    for endpoint in ENDPOINTS:
        counts = totals[endpoint]
        assert counts.ok > 0
        assert counts.ok == counts.started, counts.failed
        assert log.merged(f"{endpoint}.response").count == counts.ok
    streams = totals["stream"].ok
    assert totals["query"].retrievals == totals["query"].ok
    assert totals["stream"].retrievals == streams
    assert log.merged("stream.ttft").count == streams
    assert log.merged("stream.gap").count > 10 * streams
    assert log.merged("query.stage.answer").count == totals["query"].ok

    assert finished.directory is not None
    result = read_result(finished.directory / "result.json")
    measured = {(row.endpoint, row.metric, row.statistic): row.value for row in result.metrics}
    for endpoint in ENDPOINTS:
        assert measured[endpoint, "response", "p50"] is not None
    assert measured["stream", "ttft", "p50"] is not None
    assert measured["stream", "gap", "p95"] is not None
    judged = {row.name: row.met for row in result.objectives}
    for name in ("query.response.p95", "health.response.p95"):
        assert judged[name] is not None
    assert judged["query.errors"] is judged["stream.errors"] is True

    for report in ("report.html", "report.md", "junit.xml"):
        text = (finished.directory / report).read_text()
        assert all(endpoint in text for endpoint in ENDPOINTS), report
    assert "ttft" in (finished.directory / "report.html").read_text()
    scraped = {series for sample in log.samples for series in sample.get("scrape", {})}
    assert any(series.startswith("xnai_queries_processed_total") for series in scraped)
