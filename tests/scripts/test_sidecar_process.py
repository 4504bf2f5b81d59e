"""The service's process tree, measured on real processes."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from scripts.sidecar.process_tree import ProcessTree
from scripts.sidecar.reading import Reading
from tests.servers.debian_server import free_port

DEADLINE_S = 10.0

# Listens, starts a child that holds 64 MB, and tells when both are there.
SERVICE = """
import socket, subprocess, sys
port = int(sys.argv[1])
listener = socket.create_server(("127.0.0.1", port))
child = subprocess.Popen(
    [sys.executable, "-c", "import sys; held = bytearray(64_000_000); print(flush=True); sys.stdin.read()"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
child.stdin.close()
child.wait()
"""


@contextmanager
def service(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()  # ends the child and then the service
            process.wait(DEADLINE_S)


def read_until(tree: ProcessTree, is_wanted: Callable[[Reading], bool]) -> Reading:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        reading = tree.read()
        if is_wanted(reading):
            return reading
        time.sleep(0.02)
    raise AssertionError(f"not in time; the last reading was {reading}")


@pytest.mark.parametrize("by_port", [True, False])
def test_children_belong_to_the_service(by_port: bool) -> None:
    port = free_port()
    with service(port) as process:
        tree = ProcessTree(None, port) if by_port else ProcessTree(process.pid, None)
        first, second = tree.read(), tree.read()

    part = first.parts["process"]
    assert part["pids"][0] == process.pid
    assert len(part["pids"]) == 2
    assert part["rss_bytes"] > 64_000_000
    assert part["threads"] >= 2
    assert part["fds"] >= 8
    assert part["cpu_percent"] is None
    assert first.missing == {"process.cpu": "needs two samples"}
    assert second.parts["process"]["cpu_percent"] >= 0.0


def test_cpu_percent_is_of_one_core_over_the_tick() -> None:
    """A process that does nothing but count uses most of a core, unless others take it away."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            tree = ProcessTree(process.pid, None)
            tree.read()
            busy = read_until(tree, lambda reading: (reading.parts["process"]["cpu_percent"] or 0.0) > 20.0)
        finally:
            process.kill()

    assert busy.parts["process"]["cpu_percent"] < 130.0


def test_a_service_that_starts_late_and_restarts_is_found_again() -> None:
    port = free_port()
    tree = ProcessTree(None, port)
    before = tree.read()
    with service(port) as first:
        found = tree.read()
    gone = tree.read()
    with service(port) as second:
        again = tree.read()

    assert before.parts["process"] is None
    assert before.missing == {"process": f"nothing listens on port {port}"}
    assert found.parts["process"]["pids"][0] == first.pid
    assert gone.parts["process"] is None
    assert again.parts["process"]["pids"][0] == second.pid
    assert again.missing == {"process.cpu": "needs two samples"}


def test_after_a_given_pid_has_ended_the_port_finds_its_successor() -> None:
    port = free_port()
    with service(port) as first:
        tree = ProcessTree(first.pid, port)
        assert tree.read().parts["process"]["pids"][0] == first.pid
    with service(port) as second:
        assert tree.read().parts["process"]["pids"][0] == second.pid


def test_a_given_pid_that_has_ended_is_missing() -> None:
    with ExitStack() as stack:
        process = stack.enter_context(service(free_port()))
        tree = ProcessTree(process.pid, None)
        tree.read()
    reading = tree.read()

    assert reading.parts["process"] is None
    assert reading.missing == {"process": f"no process {process.pid}"}


def test_a_process_that_nobody_has_waited_for_has_ended() -> None:
    """It is still in the process table, with no memory: that is not 0 bytes used."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.DEVNULL) as process:
        tree = ProcessTree(process.pid, None)
        reading = read_until(tree, lambda reading: reading.parts["process"] is None)

    assert reading.missing == {"process": "the process has ended"}


def test_a_forwarder_is_not_the_service(tmp_path: Path) -> None:
    """Docker's proxy listens in the service's place; its memory would be read as the service's."""
    forwarder = tmp_path / "docker-proxy"
    forwarder.symlink_to(sys.executable)
    port = free_port()
    with subprocess.Popen(
        [
            forwarder,
            "-c",
            f"{SERVICE.partition('child')[0]}\nprint('ready', flush=True); sys.stdin.read()",
            str(port),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        reading = ProcessTree(None, port).read()
        assert process.stdin is not None
        process.stdin.close()

    assert reading.parts["process"] is None
    assert reading.missing["process"].startswith(f"port {port} is held by docker-proxy")
