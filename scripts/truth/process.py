"""Starts the truth server, and reads its log."""

import http.client
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analysis.errors import UsageError
from scripts.checkout import ROOT
from scripts.truth.log import TruthLog
from scripts.truth.server import CERTIFICATE, CLEAR_PATH, LOG_PATH


@dataclass(frozen=True, slots=True)
class RunningTruth:
    """A running one."""

    port: int
    pid: int
    secure: bool

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    def log(self) -> TruthLog:
        """All since the start, or since it was cleared."""
        return TruthLog.decode(self._told(LOG_PATH))

    def clear(self) -> None:
        self._told(CLEAR_PATH)

    def _told(self, path: str) -> bytes:
        connection = self._connection()
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)


@contextmanager
def truth_server(delay_ms: float, *, core: int | None, secure: bool = False) -> Iterator[RunningTruth]:
    """Gone afterwards, whatever happens."""
    command = [sys.executable, "-m", "scripts.truth.server", str(delay_ms)]
    if core is not None:
        command += ["--core", str(core)]
    if secure:
        command.append("--tls")
    with subprocess.Popen(  # noqa: S603 -- our own
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line.strip().isdigit():
                raise UsageError("the truth server did not start; its reason is above")
            yield RunningTruth(int(line), process.pid, secure)
        finally:
            process.kill()
