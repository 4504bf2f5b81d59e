"""The benchmark's yardstick, and that what it counts for us was recorded."""

import http.client
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import UsageError
from scripts.bench import arrivals, contender
from scripts.bench.answering_process import answering_server
from scripts.bench.contender import OURS, PATH, contenders
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
        finally:
            connection.close()

        assert [server.count(), server.count()] == [7, 7]


def test_ours_records_every_request_that_the_server_answered() -> None:
    """The contender is the whole suite in Locust; the run log is compared with the server's count."""
    [ours] = contenders([OURS])
    cores = two_cores()
    with answering_server(cores) as server:
        rate = measured_rate(ours, server, cores, connections=4, window_s=0.5)

        assert rate.requests_per_s > 0
        assert server.count() > 0


def test_the_arrivals_that_were_drawn_are_those_sent_and_those_answered() -> None:
    """The schedule, the run log and the server agree; how punctual they are is not asserted."""
    cores = two_cores()
    with answering_server(cores, stamps=True) as server:
        seen = arrivals.punctuality(arrivals.Plan(rate=50, steady_s=1, rounds=1), server, cores)

    assert seen.drawn == seen.sent == seen.answered == 50 * (arrivals.WARM_UP_S + 1)
    assert 0 <= seen.send_lag_p50_ms <= seen.send_lag_p99_ms
    assert seen.gap_variation > 0


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
    with pytest.raises(UsageError, match="wrk is not installed"):
        wrk.command(contender.Order("http://127.0.0.1:1", 1, 1, tmp_path))


def test_an_unknown_benchmark_is_refused() -> None:
    command = [sys.executable, "-m", "scripts.bench", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "requests" in done.stderr
