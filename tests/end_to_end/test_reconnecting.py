"""Streams that broke off are taken up by requests that are counted like all others."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from analysis.result import read_result
from tests.end_to_end.load_run import LoadRun
from tests.servers.script import STREAM_HEAD, Step, chunk, delay, fin, reset, response, send, stream
from tests.servers.truth import truth_server

TARGET = """
base_url = "{url}"
[endpoints.stream]
path = "/stream"
method = "POST"
dialect = "rag-events"
expect.min_text_chars = 2
[endpoints.stream.reconnect]
attempts = 2
wait = "10ms"
max_wait = "30ms"
"""
PROFILE = """
model = "closed"
mix = { stream = 1 }
think = "0.01s"
[[stages]]
duration = "100s"
level = 1
"""
RETRY_MS = 25
DONE = b'event: done\ndata: {"tokens": 3}\n\n'


def token(text: str, fields: str = "") -> bytes:
    return f'{fields}event: token\ndata: {{"text": "{text}"}}\n\n'.encode()


def broken(*events: bytes, end: Step) -> list[Step]:
    return [send(STREAM_HEAD), *(send(chunk(event)) for event in events), delay(0.01), end]


class Round(NamedTuple):
    """One request: what it gets, the id that it should bring, and what should become of it."""

    steps: list[Step]
    last_id: str | None
    outcome: str


ROUNDS = (
    Round(
        broken(token("So", f"retry: {RETRY_MS}\nid: 1\n"), token("it", "id: 2\n"), end=fin()),
        None,
        "truncated",
    ),
    Round(broken(token("goes", "id: 3\n"), b"id: 4\ndata", end=reset()), "2", "reset"),
    Round(stream([DONE]), "3", "ok"),
    Round(stream([token("Whole", "id: 9\n"), DONE]), None, "ok"),
    Round(broken(token("Without an id"), end=fin()), None, "truncated"),
    Round(broken(token("Taken", "id: 5\n"), token("back", "id\n"), end=fin()), None, "truncated"),
    Round(broken(token("Text", "id: à la…\n"), end=fin()), None, "truncated"),
    Round([send(response(status=503))], "à la…", "http_5xx"),
    Round(broken(token("Slow", "retry: 600000\nid: 7\n"), end=reset()), None, "reset"),
    Round([fin()], "7", "truncated"),
    Round(broken(token("No id of its own"), end=fin()), "7", "truncated"),
)
"""One question after the other: three requests, one, one, one, two and three."""


def header_of(head: str) -> str | None:
    lines = [line.partition(": ") for line in head.split("\r\n")]
    found = [value for name, _, value in lines if name == "Last-Event-ID"]
    assert len(found) <= 1
    return found[0].encode("latin-1").decode() if found else None


def test_each_attempt_is_a_request_with_an_outcome_and_the_last_id(tmp_path: Path) -> None:
    """What failed before stays failed; the server's own record says how many there were, and when."""
    target, profile = tmp_path / "target.toml", tmp_path / "profile.toml"
    profile.write_text(PROFILE)
    with truth_server() as truth:
        truth.rounds("/stream", [each.steps for each in ROUNDS])
        target.write_text(TARGET.format(url=truth.url))
        words = ["--target", str(target), "--load-profile", str(profile), "--sidecar-command", "none"]
        with LoadRun(tmp_path / "runs", words, judged=True) as run:
            run.wait_until(lambda: truth.requests().get("/stream", 0) > 2 * len(ROUNDS), "all rounds twice")
            os.kill(run.process.pid, signal.SIGTERM)
            finished = run.finish()
        records = truth.records()

    served = [ROUNDS[number % len(ROUNDS)] for number in range(len(records))]
    assert [header_of(record["head"]) for record in records] == [each.last_id for each in served]
    waited_ns = records[1]["received_ns"] - records[0]["writes"][-1][1]
    assert waited_ns >= RETRY_MS * 1_000_000

    counts = finished.totals()["stream"]
    assert counts.started == counts.due == len(records)
    outcomes = {str(kind): count for kind, count in counts.failed.items()} | {"ok": counts.ok}
    assert outcomes == Counter(each.outcome for each in served)
    assert counts.reconnects == sum(each.last_id is not None for each in served)
    assert finished.directory is not None
    told = read_result(finished.directory / "result.json").counts["stream"]
    assert told["reconnects"] == counts.reconnects
