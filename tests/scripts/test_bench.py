"""The benchmark's yardstick, and that what it counts for us was recorded."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from analysis.errors import UsageError
from scripts.bench import contender, requests_per_core
from scripts.bench.answering_process import answering_server
from scripts.bench.contender import BODY, OURS, PATH, contenders
from scripts.bench.cores import two_cores
from scripts.bench.readme_block import GOALS
from scripts.bench.window import BenchError, measured_rate
from scripts.checkout import ROOT


def test_the_server_counts_each_post_and_not_the_questions_for_its_count() -> None:
    with answering_server(two_cores()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            for _ in range(7):
                connection.request("POST", PATH, "{}", {"Content-Type": "application/json"})
                assert connection.getresponse().read().startswith(b'{"answer"')
            seen = server.seen()
        finally:
            connection.close()

        assert [server.count(), server.count()] == [7, 7]
        assert (seen.open, seen.opened, seen.bodies, seen.ciphers) == (1, 1, ("{}",), ())


def test_ours_records_every_request_that_the_server_answered() -> None:
    """The contender is the whole suite in Locust; the run log is compared with the server's count."""
    [ours] = contenders([OURS])
    cores = two_cores()
    with answering_server(cores) as server:
        rate = measured_rate(ours, server, cores, connections=4, window_s=0.5)

        assert rate.requests_per_s > 0
        assert server.count() > 0


def test_over_tls_ours_is_compared_with_the_peers_that_are_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ours checks the certificate; the run log is compared with the server's count as without TLS."""
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = requests_per_core.Plan(("aiohttp", "wrk"), rounds=1, window_s=0.3, tls=True)

    told = json.loads(json.dumps(requests_per_core.document(plan, requests_per_core.measured(plan))))

    assert set(told["requests_per_s"]) == set(told["server_share"]) == {OURS, "aiohttp"}
    assert set(told["ratios"]) == set(told["ratios_per_cpu_s"]) == {"aiohttp"}
    assert told["ratios"]["aiohttp"] > 0
    assert told["missing"] == {"wrk": "not installed: install Debian's package wrk"}
    assert "without wrk, not installed: install Debian's package wrk" in capsys.readouterr().err
    assert len(told["ciphers"]) == 1


def test_a_contender_with_far_fewer_connections_than_asked_for_is_refused() -> None:
    """That is another load."""
    [aiohttp] = contenders(["aiohttp"])
    words = aiohttp.command(contender.Order("URL", 3, 1, Path()))
    cheat = contender.Contender("cheat", lambda order: [*words[:-3], order.url + PATH, "1", BODY])
    cores = two_cores()
    with (
        answering_server(cores) as server,
        pytest.raises(BenchError, match=r"cheat had 1 connections, then 1, .* wanted 4"),
    ):
        measured_rate(cheat, server, cores, connections=4, window_s=0.1)


def test_a_contender_that_asks_something_else_is_refused() -> None:
    [aiohttp] = contenders(["aiohttp"])
    words = aiohttp.command(contender.Order("URL", 4, 1, Path()))
    cheat = contender.Contender("cheat", lambda order: [*words[:-3], order.url + PATH, "4", "{}"])
    cores = two_cores()
    with answering_server(cores) as server, pytest.raises(BenchError, match=r"cheat asked '\{\}'"):
        measured_rate(cheat, server, cores, connections=4, window_s=0.1)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("tls", [False, True])
def test_every_peer_asks_the_same_over_as_many_kept_connections(tls: bool) -> None:
    plan = requests_per_core.Plan(
        requests_per_core.TLS_PEERS if tls else requests_per_core.PEERS, rounds=1, window_s=1.0, tls=tls
    )
    field = requests_per_core.measured(plan)

    assert field.missing == {}
    assert set(field.names) == {OURS, *plan.peers}
    assert len(field.ciphers) == tls


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(("tls", "goals"), [(False, "requests"), (True, "requests-tls")])
def test_ours_reaches_its_goals_beside_each_peer(tls: bool, goals: str) -> None:
    """Ratios of the same rounds; the machine should have nothing else to do."""
    plan = requests_per_core.plan_of(quick=True, tls=tls)
    field = requests_per_core.measured(plan)

    ratios = {peer: field.ratio(peer, lambda rate: rate.requests_per_s) for peer in GOALS[goals]}
    assert [peer for peer, goal in GOALS[goals].items() if ratios[peer] < goal] == [], ratios


def test_a_contender_that_ends_at_once_is_told_by_its_last_words() -> None:
    broken = contender.Contender(
        "broken", lambda _: [sys.executable, "-c", "raise SystemExit('no such flag')"]
    )
    cores = two_cores()
    with (
        answering_server(cores) as server,
        pytest.raises(BenchError, match="broken did not start: no such flag"),
    ):
        measured_rate(broken, server, cores, connections=1, window_s=0.1)


def test_a_missing_tool_is_a_usage_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [wrk] = contenders(["wrk"])
    assert wrk.missing == "install Debian's package wrk"
    with pytest.raises(UsageError, match="wrk is not installed"):
        wrk.command(contender.Order("http://127.0.0.1:1", 1, 1, tmp_path))


def test_an_unknown_benchmark_is_refused() -> None:
    command = [sys.executable, "-m", "scripts.bench", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "requests" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_benchmark_that_is_ended_leaves_no_process_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Neither its server nor a tool, which would ask for minutes; files only when nobody could remove any."""
    errors, files = tmp_path / "errors.txt", tmp_path / "files"
    files.mkdir()
    children: list[psutil.Process] = []
    with errors.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.bench", "requests", "--quick"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(files)},
            stdout=told,
            stderr=told,
            process_group=0,
        )
    try:
        deadline_s = time.monotonic() + 60
        while len(children) < 2:
            assert time.monotonic() < deadline_s, "server and contender did not start"
            time.sleep(0.05)
            found = psutil.Process(process.pid).children()
            children = [child for child in found if "requests" not in child.cmdline()]  # no mere copies
        if number is signal.SIGINT:  # as Ctrl-C in a terminal does it: everybody gets the signal
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(30)
        deadline_s = time.monotonic() + 10
        while any(map(_is_alive, children)):
            assert time.monotonic() < deadline_s, "a process is still there"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()

    assert "Traceback" not in errors.read_text()
    if number is not signal.SIGKILL:
        assert process.returncode == 3
        assert errors.read_text().endswith("bench: stopped before its end\n")
        assert [*files.iterdir()] == []


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
