"""A planted key reaches the service and nothing else: file, log, page, process list, message to a worker."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analysis.run_log import RunLog
from tests.end_to_end.load_run import RAG, ROOT, write_profile
from tests.end_to_end.locust_ui import Ui, web_ui
from tests.servers.debian_server import free_port
from tests.servers.redis_server import RedisServer, redis_server
from tests.servers.reference_service import until
from tests.servers.relay import Relay, relay
from tests.servers.script import LAST_CHUNK, STREAM_HEAD, chunk, response, send
from tests.servers.truth import Truth, truth_server

WAIT_S = 40.0
SECRETS: Mapping[str, str] = {
    "PLANTED_KEY": "sk-planted-3141592653589793",
    "PLANTED_HEADER": "tenant-planted-2718281828",
    "PLANTED_REDIS": "redis-planted-1414213562",
    "PLANTED_PROMETHEUS": "prometheus-planted-1732050807",
    "PLANTED_PATH": "path-planted-2236067977",
}
LOGIN = base64.b64encode(f"reader:{SECRETS['PLANTED_PROMETHEUS']}".encode()).decode()
NEEDLES = (*SECRETS.values(), LOGIN)

TARGET = """
base_url = "{url}/${{PLANTED_PATH}}"
headers = {{ Authorization = "Bearer ${{PLANTED_KEY}}", X-Literal = "literal-planted-2645751311" }}
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
headers = {{ X-Tenant = "${{PLANTED_HEADER}}" }}
expect = {{ json_nonempty = ["answer"] }}
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
[endpoints.health]
path = "/health"
expect = {{ json_equals = {{ status = "healthy" }} }}
[sidecar]
process = {{ port = "base_url" }}
redis_url = "redis://:${{PLANTED_REDIS}}@127.0.0.1:{redis}/0"
breaker_pattern = "circuit_breaker:*"
prometheus_url = "http://reader:${{PLANTED_PROMETHEUS}}@{address}"
[sidecar.queries]
up = "up"
"""
PAGES = (
    "/", "/stats/requests", "/stats/report", "/stats/requests/csv", "/stats/failures/csv", "/exceptions",
    "/exceptions/csv", "/tasks", "/logs", "/plimsoll", "/plimsoll/run.json", "/plimsoll/report",
)  # fmt: skip


def hidden_in(text: str | bytes) -> list[str]:
    """The secrets that a text gives away."""
    found = text if isinstance(text, bytes) else text.encode()
    return [needle for needle in (*NEEDLES, "literal-planted-2645751311") if needle.encode() in found]


def tactless(truth: Truth) -> None:
    """A service that repeats every secret: in good answers, in errors, and in a stream's error event."""
    all_of_them = " ".join(NEEDLES)
    prefix = f"/{SECRETS['PLANTED_PATH']}"
    headers = {"Content-Type": "application/json", "X-Echo": all_of_them, "Server-Timing": "embed;dur=1"}
    answer = response(json.dumps({"answer": all_of_them}).encode(), headers=headers)
    refusal = response(json.dumps({"error": {"code": "401", "message": all_of_them}}).encode(), status=401)
    truth.rounds(f"{prefix}/query", [[send(answer)], [send(answer)], [send(refusal)]])
    events = [
        f"event: token\ndata: {json.dumps({'text': all_of_them})}\n\n",
        f"event: error\ndata: {json.dumps({'code': 'busy', 'message': all_of_them})}\n\n",
    ]
    steps = [send(STREAM_HEAD), *(send(chunk(event.encode())) for event in events), send(LAST_CHUNK)]
    truth.script(f"{prefix}/stream", steps)
    health = response(json.dumps({"status": all_of_them}).encode())
    truth.script(f"{prefix}/health", health)


@contextmanager
def worker(port: int, log: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "locust", "-f", str(RAG), "--worker", "--master-port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environ}
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Watch:
    """Looks at what a run shows while it lasts."""

    def __init__(self, ui: Ui, *pids: int) -> None:
        self._ui = ui
        self._pids = pids
        self.commands: set[str] = set()
        self.pages: dict[str, str] = {}

    def judged(self) -> bool:
        """Whether the run has its verdict; each look takes in the process list and all pages."""
        for pid in self._pids:
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                try:
                    self.commands.add(" ".join(each.cmdline()))
                except psutil.NoSuchProcess:
                    continue
        judged = self._ui.judged()
        for page in PAGES:
            self.pages[page] = self.pages.get(page, "") + self._ui.client.get(page).text
        return judged


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, password=SECRETS["PLANTED_REDIS"]) as server:
        yield server


def test_a_planted_key_reaches_the_service_and_nothing_else(
    tmp_path: Path, run_root: Path, redis: RedisServer
) -> None:
    """A master and a worker with a tap between them, a service that repeats each secret it is told."""
    with truth_server() as truth, redis.client() as client:
        client.set("circuit_breaker:llm", json.dumps({"state": "closed"}))
        tactless(truth)
        target = tmp_path / "planted.toml"
        address = truth.url.removeprefix("http://")
        target.write_text(TARGET.format(url=truth.url, address=address, redis=redis.port))
        profile = write_profile(tmp_path, steady="3s")
        master_port, worker_log = free_port(), tmp_path / "worker.log"
        words = ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(master_port)]
        with (
            web_ui(run_root, *words, environ=SECRETS) as ui,
            relay(master_port) as tap,
            worker(tap.port, worker_log, SECRETS) as generator,
        ):
            until(lambda: ui.client.get("/worker-count").json()["worker_count"] == 1, WAIT_S)
            watch = Watch(ui, ui.run.process.pid, generator.pid)
            started = ui.swarm(target=str(target), load_profile=str(profile))
            assert started["success"] is True, started
            until(watch.judged, WAIT_S)
            ui.run.process.terminate()
            output = ui.run.finish().output
        assert_delivered(truth, run_root)
        assert_tapped(tap, run_root)

        assert hidden_in(tap.seen) == [], "a message between master and worker"
        assert hidden_in(output) == [], "the console"
        assert hidden_in(worker_log.read_bytes()) == [], "the worker's console"
        for page, text in watch.pages.items():
            assert hidden_in(text) == [], page
        assert any("sidecar" in command for command in watch.commands)
        assert any("judge" in command for command in watch.commands)
        assert hidden_in("\n".join(watch.commands)) == [], "the process list"
        files = [path for path in run_root.rglob("*") if path.is_file()]
        assert {"report.html", "report.md", "junit.xml", "events.jsonl", "samples.jsonl"} <= {
            path.name for path in files
        }
        for path in files:
            assert hidden_in(path.read_bytes()) == [], path.name


def assert_delivered(truth: Truth, run_root: Path) -> None:
    """Each secret was used where it belongs, or its absence elsewhere would prove nothing."""
    heads = {record["path"]: record["head"] for record in truth.records()}
    query = heads[f"/{SECRETS['PLANTED_PATH']}/query"]
    assert f"Authorization: Bearer {SECRETS['PLANTED_KEY']}" in query
    assert f"X-Tenant: {SECRETS['PLANTED_HEADER']}" in query
    assert any(LOGIN in head for path, head in heads.items() if path.startswith("/api/v1/query"))
    log = RunLog.read(next(run_root.glob("*Z-*")))
    assert any((sample.get("breakers") or {}).get("llm") == "closed" for sample in log.samples)
    totals = log.totals()
    assert totals["query"].ok > 0
    assert totals["query"].failures > 0
    assert totals["stream"].failures == totals["stream"].started > 0


def assert_tapped(tap: Relay, run_root: Path) -> None:
    """The tap lies on the way: the plan went through it to the worker, and reports came back."""
    run_id = next(run_root.glob("*Z-*")).name.encode()
    assert b"plimsoll_plan" in tap.seen
    assert tap.seen.count(run_id) > 1
    assert b"query" in tap.seen
