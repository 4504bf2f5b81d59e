"""Thousands of users in one process: each connects once and keeps its connection."""

from collections import Counter
from pathlib import Path

import pytest

from analysis.run_record import RunStatus
from tests.end_to_end.load_run import run_load, write_target
from tests.servers.script import response, send
from tests.servers.truth import truth_server

pytestmark = pytest.mark.alone

USERS = 5000
PROFILE = f"""
model = "closed"
mix = {{ query = 1 }}
pacing = "3s"
[[stages]]
duration = "10s"
level = {USERS}
"""
SPAWNED_PER_S = 1000


def test_five_thousand_users_open_five_thousand_connections(tmp_path: Path) -> None:
    """In one process, by the server's count; most of them have descriptors beyond 1024.

    They come evenly, although the profile wants them all at once: nobody's first request waits for
    thousands of others to connect.
    """
    profile = tmp_path / "step.toml"
    profile.write_text(PROFILE)
    with truth_server() as truth:
        truth.script("/query", [send(response())])
        target = write_target(tmp_path, truth.url)
        words = ["--target", str(target), "--load-profile", str(profile), "--sidecar-command", "none"]
        finished = run_load(tmp_path / "runs", *words)
        records = truth.records()

    log = finished.log
    assert log.run.status is RunStatus.COMPLETE, finished.output
    counts = finished.totals()["query"]
    assert counts.ok == counts.started == len(records)
    requests = Counter(record["connection"] for record in records)
    assert len(requests) == USERS
    assert min(requests.values()) >= 2
    assert max(sample["users"] for sample in log.samples) == USERS
    first_ns: dict[int, int] = {}
    for record in records:
        first_ns.setdefault(record["connection"], record["received_ns"])
    came_s = (max(first_ns.values()) - min(first_ns.values())) / 1e9
    assert came_s > 0.9 * USERS / SPAWNED_PER_S
    assert "spawn rate is very high" not in finished.output
