"""`[tls]` in a target file: the load and the sidecar's scrape over https, trusted or not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.result import read_result
from analysis.run_record import ClockKind, RunStatus
from tests.end_to_end.bad_end import assert_no_traceback, assert_reported, noise_alone
from tests.end_to_end.load_run import Finished, run_load, write_profile
from tests.servers.script import response, stream
from tests.servers.truth import CERTIFICATE, CLIENT_CERTIFICATE, Truth, truth_server

TARGET = """
base_url = "{url}"
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
[endpoints.health]
path = "/health"
[tls]
ca_file = "authority.pem"
cert_file = "client.pem"
[sidecar]
metrics_url = "/metrics"
metrics = ["answers_total"]
"""
EVENTS = [b'event: token\ndata: {"text": "word"}\n\n', b"event: done\ndata: {}\n\n"]


@pytest.fixture(scope="module")
def service() -> Iterator[Truth]:
    """Asks for a client certificate, too."""
    with truth_server(secure=True, client_ca=CLIENT_CERTIFICATE) as server:
        server.script("/query", response())
        server.script("/health", response())
        server.script("/stream", stream(EVENTS, gap_s=0.005))
        server.script("/metrics", response(b"answers_total 7\n"))
        yield server


def load(folder: Path, service: Truth, authority: Path) -> Finished:
    shutil.copy(authority, folder / "authority.pem")
    shutil.copy(CLIENT_CERTIFICATE, folder / "client.pem")
    target = folder / "secure.toml"
    target.write_text(TARGET.format(url=service.url))
    profile = write_profile(folder, steady="2s")
    words = ["--target", str(target), "--load-profile", str(profile), "--baseline", "none"]
    return run_load(folder / "runs", *words, judged=True)


def test_a_service_with_an_authority_of_its_own_is_measured_and_judged(
    tmp_path: Path, service: Truth
) -> None:
    """With kernel stamps, and one connection a user."""
    service.clear()
    finished = load(tmp_path, service, CERTIFICATE)

    assert_no_traceback(finished.output)
    assert finished.directory is not None
    log = finished.log
    totals = finished.totals()
    assert log.run.status is RunStatus.COMPLETE, finished.output
    assert log.run.clock is ClockKind.KERNEL
    assert finished.code == (3 if noise_alone(finished.directory) else 0), finished.output
    for name in ("query", "stream", "health"):
        assert totals[name].ok == totals[name].started > 0, totals[name].failed
        assert service.requests()[f"/{name}"] == totals[name].started
    assert read_result(finished.directory / "result.json").clock == "kernel"
    scraped = [sample["scrape"] for sample in log.samples if sample["source"] == "sidecar"]
    assert {"answers_total": 7.0} in scraped


def test_an_unknown_authority_gives_failures_of_tls(tmp_path: Path, service: Truth) -> None:
    """The run ends in order and says why nothing was answered."""
    finished = load(tmp_path, service, CLIENT_CERTIFICATE)

    assert_no_traceback(finished.output)
    assert finished.code == 3, finished.output
    assert finished.directory is not None
    for counts in finished.totals().values():
        assert set(counts.failed) <= {"tls"}
    markdown = assert_reported(finished.directory, 3, ["certificate refused", "scrape: certificate refused"])
    assert "the target never answered as expected (tls " in markdown
