"""Starts the answering server on its core, and reads its count."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analysis.errors import UsageError
from scripts.bench.answering import COUNT_PATH
from scripts.bench.cores import Cores
from scripts.bench.stamping import STAMPS_PATH
from scripts.checkout import ROOT


@dataclass(frozen=True, slots=True)
class AnsweringServer:
    """A running one."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self) -> int:
        """POST requests answered so far: the one yardstick for all tools."""
        return int(self._told(COUNT_PATH))

    def stamps_ns(self) -> list[int]:
        """When each POST request came, in order, on a monotonic clock; only of a server that stamps."""
        return [int(stamp) for stamp in self._told(STAMPS_PATH).split()]

    def _told(self, path: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path.decode())
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def answering_server(cores: Cores, *, stamps: bool = False) -> Iterator[AnsweringServer]:
    """Gone afterwards, whatever happens."""
    module = "scripts.bench.stamping" if stamps else "scripts.bench.answering"
    command = [sys.executable, "-m", module, str(cores.server)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line.strip().isdigit():
                raise UsageError("benchmarks: the answering server did not start; is uvloop installed?")
            yield AnsweringServer(int(line))
        finally:
            process.kill()
