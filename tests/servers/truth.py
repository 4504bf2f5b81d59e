"""Starts the truth server in a process of its own, gives it scripts, and reads what it did."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.script import Step, send

ROOT = Path(__file__).parents[2]
CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""For the name localhost alone; certificate and key, made for these tests."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A running truth server."""

    port: int
    pid: int
    secure: bool

    @property
    def url(self) -> str:
        """Base URL."""
        return f"https://localhost:{self.port}" if self.secure else f"http://127.0.0.1:{self.port}"

    def script(self, path: str, steps: Sequence[Step] | bytes, *, early: bool = False) -> str:
        """What each request for `path` gets from now on; returns the path.

        With `early` the steps start before the request's body is read.
        """
        listed = [send(steps)] if isinstance(steps, bytes) else list(steps)
        self._ask("script", {"path": path, "rounds": [listed], "early": early})
        return path

    def rounds(self, path: str, rounds: Sequence[Sequence[Step]]) -> str:
        """Like `script`, but the n-th request gets the n-th list, over and over."""
        self._ask("script", {"path": path, "rounds": [list(steps) for steps in rounds]})
        return path

    def records(self) -> list[dict[str, Any]]:
        """Each request so far: path, method, head, body, connection, received_ns and writes.

        A write is [ns before, ns after, bytes] on CLOCK_REALTIME.
        """
        records: list[dict[str, Any]] = self._ask("records")
        return records

    def requests(self) -> dict[str, int]:
        """Requests so far by path."""
        requests: dict[str, int] = self._ask("counts")["requests"]
        return requests

    def clear(self) -> None:
        """Forget records and counts, keep the scripts."""
        self._ask("clear")

    def _ask(self, what: str, order: object = None) -> Any:
        if self.secure:
            context = ssl.create_default_context(cafile=str(CERTIFICATE))
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "localhost", self.port, timeout=10, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", f"/-/{what}", json.dumps(order))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def truth_server(*, secure: bool = False) -> Iterator[Truth]:
    """A truth server on a free port, gone afterwards whatever happens."""
    command = [sys.executable, "-m", "tests.servers.truth_server"]
    if secure:
        command += ["--certificate", str(CERTIFICATE)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the truth server did not start"
            server = Truth(int(line), process.pid, secure)
            server.clear()
            yield server
        finally:
            process.kill()
