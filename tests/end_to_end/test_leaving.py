"""Users who leave are counted, and a service that does not notice is found out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.event import EventKind
from analysis.exit_code import ExitCode
from analysis.result import ObjectiveRow, read_result
from analysis.sample import SampleSource
from tests.end_to_end.load_run import Finished, LoadRun
from tests.servers.reference_service import ReferenceService, until

TARGET = """
base_url = "{url}"
{endpoints}
[questions]
file = "questions/general.jsonl"
[leak]
in_flight = "plimsoll_service_in_flight"
wait = "{wait}"
[sidecar]
process = {{ port = "base_url" }}
metrics_url = "/metrics"
metrics = ["plimsoll_service_in_flight"]
period = "250ms"
[objectives]
memory_growth.mb_per_h = false
host_memory.percent = false
"""
ENDPOINT = """
[endpoints.{name}]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
[endpoints.{name}.leave]
share = 0.5
{leave}
"""
PROFILE = """
model = "closed"
mix = {{ stream = 1, query = 1 }}
think = "0.02s"
drain = "10s"
[[stages]]
name = "steady"
duration = "{duration}"
level = {users}
"""
USERS = 4
LEAVES = {"stream": 'after_tokens = [1, 8]\nhow = "rst"', "query": 'after = ["20ms", "200ms"]'}
"""By endpoint, each with half of the users: the names are those that have users."""


def leaving_run(
    folder: Path, service: ReferenceService, *, wait: str = "4s", duration: str = "3s"
) -> Finished:
    folder.mkdir(exist_ok=True)
    target, profile = folder / "leaving.toml", folder / "profile.toml"
    endpoints = "".join(ENDPOINT.format(name=name, leave=leave) for name, leave in LEAVES.items())
    target.write_text(TARGET.format(url=service.base_url, endpoints=endpoints, wait=wait))
    profile.write_text(PROFILE.format(duration=duration, users=USERS))
    words = ["--target", str(target), "--load-profile", str(profile), "--baseline", "none"]
    with LoadRun(folder / "runs", words, judged=True) as run:
        return run.finish()


def leaks(finished: Finished) -> dict[str, ObjectiveRow]:
    assert finished.directory is not None
    rows = read_result(finished.directory / "result.json").objectives
    return {row.statistic: row for row in rows if row.metric == "leak"}


def left_together(finished: Finished) -> int:
    """Users left both endpoints."""
    totals = finished.totals()
    assert all(totals[name].left > 0 for name in LEAVES), finished.output
    return sum(totals[name].left for name in LEAVES)


def test_a_healthy_service_lets_go_of_those_who_left(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    """No leak, whether the connection is closed or cut; those who left are aborted, and nobody failed."""
    finished = leaving_run(tmp_path, faulty_service)
    of_all = [finished.totals()[name] for name in LEAVES]
    for counts in of_all:
        assert counts.left == counts.aborted, finished.output
        assert counts.failures == 0
        assert counts.ok > 0
    started = sum(counts.started for counts in of_all)
    assert left_together(finished) == pytest.approx(started / 2, rel=0.5)
    found = leaks(finished)
    assert {name: row.met for name, row in found.items()} == {
        "in_flight": True,
        "connections": True,
        "fds": True,
    }
    assert found["in_flight"].value == 0
    held = [sample for sample in finished.log.samples if sample["source"] == SampleSource.GENERATOR]
    for most in ("in_flight_max", "connections_max"):
        assert 0 < max(sample[most] for sample in held) <= USERS


def test_a_service_that_keeps_working_for_those_who_left_is_found_out(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    """As many requests as were left stay open, for as long as the run waits."""
    faulty_service.faults(keep_abandoned=True, endpoints=["stream"])
    finished = leaving_run(tmp_path, faulty_service)
    row = leaks(finished)["in_flight"]
    assert row.met is False, finished.output
    assert row.value == left_together(finished)
    assert row.reason == "4 s after the load"
    assert finished.code != ExitCode.PASS
    (settled,) = [event for event in finished.log.events if event["kind"] == EventKind.SETTLED]
    assert settled["waited_s"] >= 4
    faulty_service.clear_faults()
    until(lambda: faulty_service.metric("plimsoll_service_in_flight", endpoint="stream") == 0)


def test_the_same_seed_leaves_the_same_streams() -> None:
    """Whatever happens in between: drawn from the seed, the worker and the endpoint alone."""
    script = (
        "from analysis.leaving import Leaving\n"
        "from locustfiles.load.leaver import Leaver\n"
        "leaver = Leaver(Leaving(0.3, after_s=(1.0, 2.0)), '7/0/stream')\n"
        "print([leaver.next() for _ in range(50)])"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert 5 <= first.count("Leave(") <= 25


@pytest.mark.slow
@pytest.mark.alone
def test_a_leak_is_told_with_the_moment_from_which_it_showed_during_the_load(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    faulty_service.faults(keep_abandoned=True, endpoints=["stream"])
    finished = leaving_run(tmp_path, faulty_service, wait="3s", duration="20s")
    row = leaks(finished)["in_flight"]
    assert row.met is False, finished.output
    assert row.value == left_together(finished)
    found = re.fullmatch(r"3 s after the load; held since (\d+) s after its start", row.reason or "")
    assert found is not None, row.reason
    assert 1 <= int(found[1]) <= 15


@pytest.mark.slow
@pytest.mark.alone
def test_twenty_healthy_runs_show_no_leak_and_twenty_leaking_ones_each_do(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    """Alternating, so that no run is helped by the one before; how many and how long is printed."""
    for number in range(20):
        for keeps in (False, True):
            faulty_service.clear_faults()
            until(lambda: faulty_service.metric("plimsoll_service_in_flight", endpoint="stream") == 0)
            faulty_service.faults(keep_abandoned=keeps, endpoints=["stream"])
            finished = leaving_run(tmp_path / f"{number}-{keeps}", faulty_service)
            row = leaks(finished)["in_flight"]
            left = left_together(finished)
            print(
                f"run {number + 1}, {'leaking' if keeps else 'healthy'}: {row.value} of {left}, {row.reason}"
            )
            assert row.met is not keeps
            assert row.value == (left if keeps else 0)
