"""Starts the answering server on its core, and asks it what it has seen."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from analysis.errors import UsageError
from scripts.bench.answering import SEEN_PATH
from scripts.bench.cores import Cores
from scripts.bench.stamping import STAMPS_PATH
from scripts.checkout import ROOT
from scripts.child_end import end_with_parent
from scripts.truth.server import CERTIFICATE

LIMIT_S = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server has seen so far of those that POST."""

    count: int
    """Requests answered: the one yardstick for all tools."""
    open: int
    """Connections that are there now."""
    opened: int
    bodies: tuple[str, ...]
    """The different bodies that connections began with."""
    ciphers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweringServer:
    """A running one."""

    port: int
    pid: int
    connection: http.client.HTTPConnection
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def seen(self) -> Seen:
        """Everything so far."""
        told: Mapping[str, Any] = json.loads(self._told(SEEN_PATH))
        return Seen(
            count=told["count"],
            open=told["open"],
            opened=told["opened"],
            bodies=tuple(told["bodies"]),
            ciphers=tuple(told["ciphers"]),
        )

    def count(self) -> int:
        """POST requests answered so far."""
        return self.seen().count

    def stamps_ns(self) -> list[int]:
        """When each POST request came, in order and in UTC, by the kernel; only of a server that stamps."""
        return [int(stamp) for stamp in self._told(STAMPS_PATH).split()]

    def _told(self, path: bytes) -> bytes:
        """Over a connection that was there before any contender: some leave no room for new ones."""
        try:
            self.connection.request("GET", path.decode())
            return self.connection.getresponse().read()
        except OSError as error:
            raise UsageError(
                f"benchmarks: the answering server did not answer ({error}); is the machine busy otherwise?"
            ) from None


@contextmanager
def answering_server(cores: Cores, *, stamps: bool = False, tls: bool = False) -> Iterator[AnsweringServer]:
    """Gone afterwards, whatever happens."""
    module = "scripts.bench.stamping" if stamps else "scripts.bench.answering"
    command = [sys.executable, "-m", module, str(cores.server), *([str(CERTIFICATE)] if tls else [])]
    with subprocess.Popen(  # noqa: S603 -- our own
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line.strip().isdigit():
                raise UsageError("benchmarks: the answering server did not start; is uvloop installed?")
            with closing(_connection(int(line), tls)) as connection:
                yield AnsweringServer(int(line), process.pid, connection, tls)
        finally:
            process.kill()


def _connection(port: int, tls: bool) -> http.client.HTTPConnection:
    if tls:
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=LIMIT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    connection.connect()
    return connection
