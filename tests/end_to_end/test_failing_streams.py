"""Of ten thousand streams a twentieth fails, and the run counts each as the server meant it."""

import http.client
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.failure import FailureKind
from tests.end_to_end.load_run import LoadRun
from tests.servers.debian_server import free_port
from tests.servers.failing_streams import INJECTIONS, OK
from tests.servers.process import module_server

STREAMS = 10_000
DIALECTS = {"query": "rag-events", "stream": "openai-chat", "health": "ollama"}
"""Endpoint to dialect: the names are those that have users."""

TARGET = """
[endpoints.{endpoint}]
path = "/{dialect}"
dialect = "{dialect}"
method = "POST"
idle_timeout = "3s"
"""
PROFILE = """
model = "closed"
mix = { query = 1, stream = 1, health = 1 }
drain = "20s"
[[stages]]
duration = "100s"
level = 30
"""


@contextmanager
def failing_streams(share: float) -> Iterator[int]:
    """The port of a server that lets so many of its streams fail."""
    words = ["--share", str(share), "--seed", "11"]
    with module_server("tests.servers.failing_streams", *words) as listening:
        yield listening.port


def counts(port: int) -> Mapping[str, Mapping[str, int]]:
    """What the server has done so far, by dialect."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/counts")
        found: Mapping[str, Mapping[str, int]] = json.loads(connection.getresponse().read())
        return found
    finally:
        connection.close()


def total(found: Mapping[str, Mapping[str, int]]) -> int:
    return sum(sum(one.values()) for one in found.values())


@pytest.mark.parametrize("processes", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_failures_by_kind_equal_the_servers_own_exactly(tmp_path: Path, processes: int) -> None:
    """In three dialects at once; every started stream has one outcome, and the server knows which."""
    profile, target = tmp_path / "profile.toml", tmp_path / "target.toml"
    profile.write_text(PROFILE)
    with failing_streams(0.05) as port:
        tables = (TARGET.format(endpoint=name, dialect=dialect) for name, dialect in DIALECTS.items())
        target.write_text(f'base_url = "http://127.0.0.1:{port}"\n{"".join(tables)}')
        words = ["--target", str(target), "--load-profile", str(profile)]
        if processes > 1:
            master = str(free_port())
            words += ["--processes", str(processes), "--master-port", master, "--master-bind-port", master]
        with LoadRun(tmp_path / "runs", words) as run:
            run.wait_until(lambda: total(counts(port)) >= STREAMS, f"{STREAMS} streams")
            os.kill(run.process.pid, signal.SIGTERM)
            finished = run.finish()
        served = counts(port)

    totals = finished.totals()
    seen = {
        DIALECTS[name]: {OK: found.ok, **{kind: count for kind, count in found.failed.items() if count}}
        for name, found in totals.items()
        if name in DIALECTS
    }
    assert seen == served
    assert all(found.aborted == found.dropped == 0 for found in totals.values())
    failed = sum(count for one in served.values() for kind, count in one.items() if kind != OK)
    assert total(served) >= STREAMS
    assert 0.04 < failed / total(served) < 0.06
    assert {kind for one in served.values() for kind in one} == {OK, *(each.kind for each in INJECTIONS)}
    assert FailureKind.TIMEOUT in {kind for one in seen.values() for kind in one}
