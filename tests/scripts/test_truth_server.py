"""The server whose log is the truth for benchmarks and calibration."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from scripts.checkout import ROOT
from scripts.truth.log import TruthLog
from scripts.truth.process import RunningTruth, truth_server
from scripts.truth.server import ANSWER, CERTIFICATE

DELAY_MS = 20.0
REQUEST = b"POST /query HTTP/1.1\r\nHost: truth\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningTruth]:
    with truth_server(DELAY_MS, core=None, secure=request.param) as running:
        yield running


def connected(server: RunningTruth) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    if not server.secure:
        return plain
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def read(connection: socket.socket, answers: int) -> bytes:
    data = b""
    while len(data) < answers * len(ANSWER) and (piece := connection.recv(65_536)):
        data += piece
    return data


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_each_answer_comes_after_the_delay_and_is_logged(server: RunningTruth) -> None:
    with connected(server) as connection:
        for _ in range(3):
            before_ns = time.time_ns()
            connection.sendall(REQUEST)
            assert read(connection, 1) == ANSWER
            took_ms = (time.time_ns() - before_ns) / 1e6
            log = server.log()
            seen_ms = log.percentiles_ms()["p99"]
            assert DELAY_MS <= seen_ms <= took_ms
            server.clear()
            assert server.log().count == 0


def test_requests_cut_anywhere_and_requests_in_one_piece_are_told_apart(server: RunningTruth) -> None:
    with connected(server) as connection:
        for cut in range(1, len(REQUEST), 7):
            connection.sendall(REQUEST[:cut])
            connection.sendall(REQUEST[cut:] + REQUEST)
            assert read(connection, 2) == ANSWER * 2

        assert server.log().count == 2 * len(range(1, len(REQUEST), 7))


def test_a_client_that_leaves_disturbs_no_other(server: RunningTruth) -> None:
    with connected(server) as stays:
        with connected(server) as leaves:
            leaves.sendall(REQUEST)
        stays.sendall(REQUEST)

        assert read(stays, 1) == ANSWER


def test_time_in_which_the_server_does_not_look_is_part_of_its_own_log(server: RunningTruth) -> None:
    """Stopped while the request comes: a server that stamps when it reads would know nothing of it."""
    stopped_ms = 100.0
    with connected(server) as connection:
        connection.sendall(REQUEST)
        read(connection, 1)
        server.clear()
        os.kill(server.pid, signal.SIGSTOP)
        try:
            connection.sendall(REQUEST)
            time.sleep(stopped_ms / 1000)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        read(connection, 1)

        assert server.log().percentiles_ms()["p50"] >= stopped_ms


def test_percentiles_are_those_of_the_sorted_times_of_a_stretch() -> None:
    came = np.arange(1000, dtype=np.int64) * 1_000_000
    log = TruthLog(came, came + np.arange(1, 1001)[::-1] * 1_000_000)

    assert log.percentiles_ms() == {"p50": 500.0, "p95": 950.0, "p99": 990.0}
    assert log.between(0, 100_000_000).percentiles_ms() == {"p50": 950.0, "p95": 995.0, "p99": 999.0}
    assert log.between(-2, -1).percentiles_ms() == {}
    assert TruthLog.decode(log.came_ns.tobytes() + log.answered_ns.tobytes()).count == 1000


def test_the_server_does_not_outlive_who_started_it() -> None:
    """Killed, so that nobody could clean up."""
    code = (
        "import os, signal; from scripts.truth.process import truth_server\n"
        "with truth_server(1, core=None) as server:\n"
        "    print(server.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 10
    while is_running(int(done.stdout)):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.02)
