"""Runs a server program from a Debian package as a process of its own while a test lasts."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.servers.process import started, stop

_READY_S = 15.0
_POLL_S = 0.02


def free_port() -> int:
    """Below the ports that the kernel gives to connections, so that none of these takes it meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def program(name: str, package: str) -> str:
    """The program's path. Its absence fails the test: a test that is skipped proves nothing."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed; install Debian's package {package}")
    return found


class DebianServer:
    """A server on one port of loopback, which a test may stop and start again."""

    def __init__(self, port: int, command: Sequence[str], log: Path, is_ready: Callable[[], bool]) -> None:
        self.port = port
        self._command = list(command)
        self._log = log
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = started(self._command, self._log)
        deadline = time.monotonic() + _READY_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"{self._command[0]} did not get ready:\n{self._log.read_text()[-2000:]}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End it and wait until it is gone; does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            stop(process)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid
