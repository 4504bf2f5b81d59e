"""Load over a WebSocket: by the locustfile of its own and in any mix, and the service counts the same."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from analysis.failure import FailureKind
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import RAG, Finished, LoadRun, write_profile
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService, until
from tests.servers.sutazai import sutazai_server

CHAT = RAG.with_name("chat.py")
MIX = "mix = { query = 6, stream = 3, health = 1 }"


def received(service: ReferenceService) -> Mapping[str, int]:
    return service.stats()["received"]


def run(
    folder: Path,
    service: ReferenceService,
    profile: Path | str,
    *more: str,
    locustfile: Path = CHAT,
    judged: bool = False,
) -> Finished:
    words = ["--target", "reference", "--load-profile", str(profile), "--host", service.base_url, *more]
    with LoadRun(folder / "runs", words, locustfile=locustfile, judged=judged) as load:
        return load.finish()


@pytest.mark.parametrize(
    ("model", "processes"),
    [
        ("open", 2),
        pytest.param("open", 0, marks=pytest.mark.slow),
        pytest.param("closed", 0, marks=pytest.mark.slow),
    ],
)
def test_the_service_counts_exactly_the_questions_that_were_asked(
    tmp_path: Path, service: ReferenceService, model: str, processes: int
) -> None:
    """Only chats are asked, whatever the profile's mix, and those in flight at the end are waited for."""
    more = 'think = "0.02s"' if model == "closed" else 'arrivals = "poisson"'
    level = 6 if model == "closed" else 40
    profile = write_profile(tmp_path, model=model, level=level, steady="2s", more=more)
    port = str(free_port())
    extra = ["--processes", str(processes), "--master-port", port, "--master-bind-port", port]
    before = received(service)

    finished = run(tmp_path, service, profile, *(extra if processes else ()))

    after = received(service)
    totals = finished.totals()
    assert finished.code == 0, finished.output
    assert set(totals) - {"generator"} == {"chat"}
    assert totals["chat"].started == totals["chat"].ok == after["chat"] - before.get("chat", 0)
    assert after["query"] == before.get("query", 0) if "query" in after else True
    assert totals["chat"].events > totals["chat"].ok * 10
    assert finished.log.run.status is RunStatus.COMPLETE
    assert finished.log.run.profile == f"{model}-chat"
    tags = {tag.partition(".")[2] for tag in finished.log.tags if tag.startswith("chat.")}
    assert {
        "response", "service", "ttfb", "ttft", "ttft_service", "gap", "max_gap", "tpot", "handshake",
        "first_event", "stage.embed", "stage.retrieve", "stage.generate", "send_lag", "wake_lag",
    } <= tags  # fmt: skip
    assert finished.log.merged("chat.handshake", 0, 10**6).count < totals["chat"].ok


def test_a_mix_may_name_a_websocket_endpoint_like_any_other(
    tmp_path: Path, service: ReferenceService
) -> None:
    profile = write_profile(tmp_path, steady="2s")
    profile.write_text(profile.read_text().replace(MIX, "mix = { query = 1, chat = 1 }"))
    before = received(service)

    finished = run(tmp_path, service, profile, locustfile=RAG, judged=True)

    after = received(service)
    totals = finished.totals()
    for name in ("query", "chat"):
        assert totals[name].ok == totals[name].started == after[name] - before.get(name, 0) > 0
    assert finished.directory is not None
    result = json.loads((finished.directory / "result.json").read_text())
    assert {row["endpoint"] for row in result["objectives"]} == {"chat", "query", None}
    assert {"chat.errors", "chat.ttft.p95"} <= {row["name"] for row in result["objectives"]}
    assert {row["endpoint"] for row in result["metrics"] if row["metric"] == "ttft"} == {"chat"}


def test_each_fault_is_one_failure_of_its_kind(tmp_path: Path, faulty_service: ReferenceService) -> None:
    """The service counts each question once: it is neither lost nor asked again."""
    faulty_service.faults(reset_rate=0.15, cut_stream_rate=0.15, error_rate=0.15)
    before = received(faulty_service)

    finished = run(tmp_path, faulty_service, write_profile(tmp_path, steady="3s"))

    after = received(faulty_service)
    counts = finished.totals()["chat"]
    assert set(counts.failed) == {FailureKind.RESET, FailureKind.TRUNCATED, FailureKind.STREAM_ERROR}
    assert counts.started == counts.ok + counts.failures == after["chat"] - before.get("chat", 0)


@pytest.mark.slow
def test_chats_that_outlast_the_drain_are_ended_on_both_sides(
    tmp_path: Path, faulty_service: ReferenceService
) -> None:
    faulty_service.faults(slow_stream_ms=300)
    profile = write_profile(tmp_path, steady="60s", drain="1s")
    words = ["--target", "reference", "--load-profile", str(profile), "--host", faulty_service.base_url]
    with LoadRun(tmp_path / "runs", words, locustfile=CHAT) as load:
        load.wait_until(lambda: faulty_service.metric("plimsoll_service_generations") > 0, "a generation")
        os.kill(load.process.pid, signal.SIGTERM)
        finished = load.finish()

    assert finished.code == 3
    assert finished.totals()["chat"].aborted > 0
    until(lambda: faulty_service.metric("plimsoll_service_websockets") == 0, 5)
    until(lambda: faulty_service.metric("plimsoll_service_generations") == 0, 5)


def test_both_chats_of_sutazai_are_asked_alike_and_counted_as_it_counts_them(tmp_path: Path) -> None:
    profile = write_profile(tmp_path, steady="2s")
    with sutazai_server() as server:
        words = ["--target", "sutazai", "--load-profile", str(profile), "--host", server.url]
        with LoadRun(tmp_path / "runs", words, locustfile=CHAT) as load:
            finished = load.finish()
        totals = finished.totals()
        assert finished.code == 0, finished.output
        for name in ("chat", "jarvis"):
            assert totals[name].ok == totals[name].started == server.counted(name) > 0


@pytest.mark.slow
def test_without_a_profile_the_users_of_the_command_line_chat(
    tmp_path: Path, service: ReferenceService
) -> None:
    finished = run(tmp_path, service, "manual", "-u", "3", "-r", "3", "-t", "4s")

    assert finished.code == 0, finished.output
    assert finished.totals()["chat"].ok > 0


def test_a_target_without_websockets_is_refused(tmp_path: Path, service: ReferenceService) -> None:
    words = ["--target", "x0tta6bl4", "--load-profile", "smoke"]
    with LoadRun(tmp_path / "runs", words, locustfile=CHAT) as load:
        finished = load.finish()

    assert finished.code == 2
    assert (
        'endpoints: found none with protocol = "websocket", wanted one or more for a chat' in finished.output
    )
