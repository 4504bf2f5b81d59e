"""The servers of the tests do not stay behind when the tests are killed."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.servers.process import ROOT
from tests.servers.reference_service import until

STARTER = """
import os, sys
from pathlib import Path
from tests.servers.hog import hog
from tests.servers.process import started
from tests.servers.truth import truth_server

with truth_server() as truth, hog(min(os.sched_getaffinity(0)), 60.0) as busy:
    waiting = started(["sleep", "60"], Path(sys.argv[1]))
    print(truth.pid, busy, waiting.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_ends_with_the_one_who_started_it(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        servers = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        starter.send_signal(number)
    try:
        until(lambda: not any(map(is_running, servers)))
    finally:
        for server in filter(is_running, servers):
            server.kill()

    assert len(servers) == 3


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
