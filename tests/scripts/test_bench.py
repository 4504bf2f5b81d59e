"""The benchmark's yardstick, and that what it counts for us was recorded."""

import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import UsageError
from scripts.bench import contender, requests_per_core
from scripts.bench.answering_process import answering_server
from scripts.bench.contender import BODY, OURS, PATH, contenders
from scripts.bench.cores import two_cores
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
