"""The doctor, asked about services that are well, unwell, strange and away."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.exit_code import ExitCode
from analysis.target import SidecarWatch, Target
from scripts.doctor_checks.check import State
from scripts.doctor_checks.network import check_network
from scripts.doctor_checks.watch import check_watch
from scripts.sidecar.watched import watched
from tests.servers.debian_server import free_port
from tests.servers.process import started, stop
from tests.servers.prometheus_server import PrometheusServer
from tests.servers.redis_server import redis_server
from tests.servers.script import Step, chunk, delay, fin, reset, response, send, stream
from tests.servers.truth import CERTIFICATE, Truth, truth_server

ROOT = Path(__file__).parents[2]
SECRET = "pl4nted-5ecret"
JSON = {"Content-Type": "application/json"}
HEALTHY = response(b'{"status": "healthy", "components": {"redis": true}}', headers=JSON)
ANSWER = response(b'{"answer": "because", "sources": [{"title": "t"}]}', headers=JSON)
SQUEEZED = response(gzip.compress(b'{"answer": "because"}'), headers={**JSON, "Content-Encoding": "gzip"})
EVENTS = [
    b'event: token\ndata: {"text": "be"}\n\n',
    b'event: token\ndata: {"text": "cause"}\n\n',
    b'event: done\ndata: {"tokens": 2}\n\n',
]
TARGET = """\
name = "patient"
base_url = "{url}"
headers = {{ authorization = "Bearer ${{PATIENT_KEY:-none}}" }}
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
timeout = "1s"
expect = {{ json_nonempty = ["answer", "sources.0.title"] }}
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
timeout = "1s"
[endpoints.health]
path = "/health"
timeout = "1s"
{more}
"""
BAD_ENDPOINT = """\
[endpoints.{name}]
path = "/{name}"
timeout = "500ms"
dialect = "{dialect}"
"""


@dataclass(frozen=True, slots=True)
class Visit:
    code: int
    checks: Mapping[str, Mapping[str, Any]]
    stdout: str
    stderr: str

    def states(self, state: str) -> set[str]:
        return {name.partition(" (")[0] for name, check in self.checks.items() if check["state"] == state}

    def found(self, name: str) -> str:
        return next(
            str(check["found"]) for key, check in self.checks.items() if key.partition(" (")[0] == name
        )


def doctor(target: Path | str, *words: str, environ: Mapping[str, str] | None = None) -> Visit:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.cli", "doctor", "--target", str(target), "--json", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    document: dict[str, Any] = {"checks": [], "exit_code": done.returncode}
    if done.stdout:
        document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode
    return Visit(
        done.returncode, {check["name"]: check for check in document["checks"]}, done.stdout, done.stderr
    )


def target_file(directory: Path, url: str, more: str = "") -> Path:
    path = directory / "patient.toml"
    path.write_text(TARGET.format(url=url, more=more))
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Truth]:
    with truth_server() as running:
        yield running


@pytest.fixture
def truth(server: Truth) -> Truth:
    """A service that is well."""
    server.clear()
    server.script("/query", ANSWER)
    server.script("/stream", stream(EVENTS))
    server.script("/health", HEALTHY)
    return server


def test_a_service_that_is_well_can_be_loaded(truth: Truth, tmp_path: Path) -> None:
    visit = doctor(target_file(tmp_path, truth.url), environ={"PATIENT_KEY": SECRET})

    assert visit.code == ExitCode.PASS
    assert visit.states("wrong") == set()
    assert {"target file", "name", "port", "health", "query", "stream", "memory"} <= visit.states("ok")
    assert {"open files", "local ports", "receive timestamps", "cores"} <= set(visit.checks)
    assert "2 text events" in visit.found("stream")
    assert visit.stderr == ""


def test_each_endpoint_is_asked_once_as_the_load_asks(truth: Truth, tmp_path: Path) -> None:
    """Health first; the key is sent to the service and shown nowhere."""
    visit = doctor(target_file(tmp_path, truth.url), "--base-url", truth.url, environ={"PATIENT_KEY": SECRET})
    records = truth.records()

    assert [record["path"] for record in records] == ["/health", "/query", "/stream"]
    assert all(f"Bearer {SECRET}" in record["head"] for record in records)
    assert json.loads(records[1]["body"])["question"] not in ("", "{question}")
    assert SECRET not in visit.stdout + visit.stderr


BAD_ANSWERS: Mapping[str, tuple[bytes | list[Step], str]] = {
    "unauthorised": (response(b"{}", status=401), "http_4xx: status 401"),
    "unavailable": (response(b"{}", status=503), "http_5xx: status 503"),
    "moved": (response(b"", status=307, headers={"Location": "/health"}), "validation: status 307"),
    "empty": (response(b'{"answer": ""}'), "validation: answer is missing or empty"),
    "page": (response(b"<html>"), "validation: the answer is not JSON"),
    "squeezed": (SQUEEZED, "protocol: compressed in a way that was not asked for"),
    "strange": (b"what?\r\n\r\n", "truncated: the answer ended early or is not HTTP/1.1"),
    "cut": ([send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), fin()], "truncated: "),
    "dropped": ([reset()], "reset: connection reset"),
    "late": ([delay(1.0), send(ANSWER)], "timeout: no answer in time"),
}
BAD_STREAMS: Mapping[str, tuple[bytes | list[Step], str]] = {
    "whole": (ANSWER, "validation: content type is not text/event-stream"),
    "unended": (stream(EVENTS[:2]), "validation: stream ended without its end mark"),
    "silent": (stream(EVENTS[2:]), "validation: the answer is empty"),
    "failing": (
        stream([EVENTS[0], b'event: error\ndata: {"code": "overloaded"}\n\n']),
        "stream_error: error event in the stream: overloaded",
    ),
    # every read brings something in time; the whole does not
    "endless": (
        [*stream(EVENTS[:1])[:3], *[send(chunk(EVENTS[0])), delay(0.1)] * 12],
        "timeout: the answer did not end in time",
    ),
}


def test_each_endpoint_that_fails_its_expectation_is_wrong_in_its_own_way(
    truth: Truth, tmp_path: Path
) -> None:
    for name, (script, _) in {**BAD_ANSWERS, **BAD_STREAMS}.items():
        truth.script(f"/{name}", script)
    more = "".join(BAD_ENDPOINT.format(name=name, dialect="json") for name in BAD_ANSWERS)
    more = more.replace('"json"', '"json"\nexpect = { json_nonempty = ["answer"] }')
    more += "".join(BAD_ENDPOINT.format(name=name, dialect="rag-events") for name in BAD_STREAMS)
    visit = doctor(target_file(tmp_path, truth.url, more))
    wrong = {**BAD_ANSWERS, **BAD_STREAMS}

    assert visit.code == ExitCode.INVALID
    assert visit.states("wrong") == set(wrong)
    assert [name for name, (_, found) in wrong.items() if not visit.found(name).startswith(found)] == []
    assert all(check["advice"] for check in visit.checks.values() if check["state"] == "wrong")


def test_a_compressed_answer_is_good_when_the_target_asks_for_it(truth: Truth, tmp_path: Path) -> None:
    truth.script("/squeezed", SQUEEZED)
    more = '[endpoints.squeezed]\npath = "/squeezed"\nheaders = { Accept-Encoding = "gzip" }\n'
    more += 'expect = { json_nonempty = ["answer"] }\n'
    visit = doctor(target_file(tmp_path, truth.url, more))

    assert (visit.code, visit.states("wrong")) == (ExitCode.PASS, set())
    assert [
        line
        for line in truth.records()[-1]["head"].lower().split("\r\n")
        if line.startswith("accept-encoding")
    ] == ["accept-encoding: gzip"]


def test_an_optional_endpoint_that_fails_is_only_doubtful(truth: Truth, tmp_path: Path) -> None:
    more = '[endpoints.search]\npath = "/search"\noptional = true\n'
    visit = doctor(target_file(tmp_path, truth.url, more))

    assert visit.code == ExitCode.PASS
    assert visit.states("warning") == {"search"}


def test_a_degraded_service_that_closes_connections_is_doubtful(truth: Truth, tmp_path: Path) -> None:
    degraded = b'{"status": "degraded", "components": {"redis": {"status": "down"}}}'
    truth.script("/health", [send(response(degraded, headers={"Connection": "close"})), fin()])
    visit = doctor(target_file(tmp_path, truth.url))

    assert visit.code == ExitCode.PASS
    assert visit.states("warning") == {"health", "keep-alive"}
    assert visit.found("health").endswith('says "degraded"; not well: redis')


def test_nobody_at_the_port_is_wrong_and_the_rest_is_still_checked(tmp_path: Path) -> None:
    port = free_port()
    visit = doctor(target_file(tmp_path, f"http://127.0.0.1:{port}"))

    assert visit.code == ExitCode.INVALID
    assert visit.states("wrong") == {"port"}
    assert visit.found("port") == f"{port}: connection refused"
    assert {"memory", "open files"} <= set(visit.checks)
    assert "query" not in " ".join(visit.checks)


def test_an_unknown_name_is_wrong() -> None:
    (check,) = check_network("http://no-such-host.invalid", "start it")

    assert check.state is State.WRONG
    assert check.found == "no-such-host.invalid: name not found"


def test_certificates_are_checked(tmp_path: Path) -> None:
    with truth_server(secure=True) as secure:
        secure.script("/query", ANSWER)
        secure.script("/stream", stream(EVENTS))
        secure.script("/health", HEALTHY)
        path = target_file(tmp_path, secure.url)
        strange = doctor(path)
        known = doctor(path, environ={"SSL_CERT_FILE": str(CERTIFICATE)})

    assert strange.code == ExitCode.INVALID
    assert strange.states("wrong") == {"TLS"}
    assert strange.found("TLS").startswith("certificate refused: self")
    assert known.code == ExitCode.PASS
    assert known.found("TLS").startswith("TLSv1.3, certificate until ")


def test_missing_variables_are_all_named_at_once(tmp_path: Path) -> None:
    path = target_file(tmp_path, "http://${PATIENT_HOST}", '[sidecar]\nredis_url = "${PATIENT_REDIS}"\n')
    visit = doctor(path)

    assert visit.code == ExitCode.USAGE
    assert visit.states("wrong") == {"base_url", "sidecar.redis_url"}
    assert "PATIENT_HOST" in visit.found("base_url")
    assert "PATIENT_REDIS" in visit.found("sidecar.redis_url")


@pytest.mark.parametrize("words", [("no-such-target",), ("reference", "--base-url", "localhost:8800")])
def test_configuration_errors_are_one_line(words: tuple[str, ...]) -> None:
    visit = doctor(*words)

    assert visit.code == ExitCode.USAGE
    assert visit.stdout == ""
    assert visit.stderr.startswith("plimsoll: ")
    assert visit.stderr.count("\n") == 1


WATCH = """\
[sidecar]
process = {{ port = {port} }}
prometheus_url = "{prometheus}"
redis_url = "${{PATIENT_REDIS:-}}"
breaker_pattern = "circuit_breaker:*"
[sidecar.queries]
up = "count(up == 1)"
none = "no_such_metric"
many = "prometheus_http_requests_total"
idle = "vector(0) / 0"
broken = "sum(up"
"""


def test_watched_servers_are_asked_as_the_sidecar_asks(
    truth: Truth, prometheus: PrometheusServer, tmp_path: Path
) -> None:
    watch = WATCH.format(port=prometheus.port, prometheus=prometheus.url)
    path = target_file(tmp_path, truth.url, watch)
    with redis_server(tmp_path, password=SECRET) as redis:
        with redis.client() as client:
            client.set("circuit_breaker:rag", '{"state": "closed"}')
            client.set("circuit_breaker:llm", '{"state": "open"}')
        visit = doctor(path, environ={"PATIENT_REDIS": redis.url})

    assert visit.code == ExitCode.PASS
    assert {"Prometheus", "query up", "query idle", "Redis", "process"} <= visit.states("ok")
    assert visit.states("warning") == {"query none", "query many", "query broken", "breakers"}
    assert visit.found("breakers") == "llm open, rag closed"
    assert visit.found("query up") == "1"
    assert visit.found("query broken") == "query refused with HTTP 400"
    assert f"pid {prometheus.pid}" in visit.found("process")
    assert SECRET not in visit.stdout + visit.stderr


def test_watched_servers_that_are_away_are_doubtful(truth: Truth, tmp_path: Path) -> None:
    """A run works without them and says what it did not watch."""
    watch = WATCH.format(port=free_port(), prometheus=f"http://127.0.0.1:{free_port()}")
    environ = {"PATIENT_REDIS": f"redis://:{SECRET}@127.0.0.1:{free_port()}/0"}
    visit = doctor(target_file(tmp_path, truth.url, watch), environ=environ)

    assert visit.code == ExitCode.PASS
    assert visit.states("warning") == {"Prometheus", "Redis", "process"}
    assert SECRET not in visit.stdout + visit.stderr


@contextmanager
def reference_service(port: int, redis_url: str, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "scripts.cli", "serve", "--port", str(port), "--redis-url", redis_url]
    process = started(command, log)
    try:
        yield
    finally:
        stop(process)


def test_the_reference_service_is_well_with_all_that_watches_it(
    prometheus: PrometheusServer, reference_port: int, tmp_path: Path
) -> None:
    """Every named query of the shipped target has a value, and every breaker a state."""
    with redis_server(tmp_path) as redis, reference_service(reference_port, redis.url, tmp_path / "log"):
        deadline = time.monotonic() + 30
        while (
            prometheus.value('count_over_time(up{job="plimsoll"}[10s]) > 2 and up{job="plimsoll"} == 1')
            is None
        ):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        visit = doctor(
            "reference",
            "--base-url",
            f"http://127.0.0.1:{reference_port}",
            environ={"PROMETHEUS_URL": prometheus.url, "REDIS_URL": redis.url},
        )

    assert visit.code == ExitCode.PASS
    assert visit.states("warning") | visit.states("wrong") == set()
    assert {"health", "query", "stream", "Prometheus", "Redis", "breakers", "process"} <= visit.states("ok")
    assert visit.found("breakers") == "embed closed, generate closed, retrieve closed"


def test_a_metrics_page_stands_in_for_prometheus(truth: Truth, tmp_path: Path) -> None:
    truth.script("/metrics", response(b"requests_total 3\n"))
    watch = '[sidecar]\nmetrics_url = "/metrics"\nmetrics = ["requests_total", "rss_bytes"]\n'
    visit = doctor(target_file(tmp_path, truth.url, watch))

    assert visit.code == ExitCode.PASS
    assert visit.found("metrics page") == "1 series; without rss_bytes"


def test_a_host_without_memory_cannot_run_a_load() -> None:
    """The guard's limits are set below what every host uses."""
    states = []
    for stop_percent in (100.0, 0.002):
        limits = SidecarWatch(memory_warn_percent=0.001, memory_stop_percent=stop_percent)
        target = Target("patient", "http://127.0.0.1", {}, sidecar=limits)
        (check,) = check_watch(watched(target, {}), limits, lambda _: None)
        states.append((check.name, check.state))

    assert states == [("memory", State.WARNING), ("memory", State.WRONG)]


def test_people_get_a_table_with_what_to_do(truth: Truth, tmp_path: Path) -> None:
    truth.script("/query", response(b"{}", status=404))
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "doctor", "--target", str(target_file(tmp_path, truth.url))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.INVALID
    for text in ("patient at", "what to do", "right", "wrong", "query (POST /query)", "http_4xx: status 404"):
        assert text in done.stdout
    assert "The target cannot be used now" in done.stdout
    assert done.stderr == ""
