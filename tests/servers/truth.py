"""Starts the truth server in a process of its own, gives it scripts, and reads what it did."""

import http.client
import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.process import ROOT, module_server
from tests.servers.script import Step, send

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""For the name localhost alone; like the others certificate and key, made for these tests."""
LOOPBACK_CERTIFICATE = ROOT / "scripts" / "truth" / "loopback.pem"
"""For 127.0.0.1 and ::1 alone."""
EXPIRED_CERTIFICATE = CERTIFICATE.with_name("expired.pem")
"""For the name localhost, until 2021."""
CLIENT_CERTIFICATE = CERTIFICATE.with_name("client.pem")


@dataclass(frozen=True, slots=True)
class Truth:
    """A running truth server."""

    port: int
    pid: int
    secure: bool
    host: str = "127.0.0.1"
    """The address or name to ask it by."""

    @property
    def url(self) -> str:
        """Base URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

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

        A write is [ns before, ns after, bytes] on CLOCK_REALTIME; a WebSocket has frames as well, each
        [ns, opcode, payload], and the moment when the client left.
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
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.load_cert_chain(CLIENT_CERTIFICATE)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=10, context=context
            )
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("POST", f"/-/{what}", json.dumps(order))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def truth_server(
    *,
    secure: bool = False,
    address: str = "127.0.0.1",
    certificate: Path = CERTIFICATE,
    client_ca: Path | None = None,
) -> Iterator[Truth]:
    """A truth server on a free port, gone afterwards whatever happens."""
    words = ["--host", address]
    if secure:
        words += ["--certificate", str(certificate)]
    if client_ca is not None:
        words += ["--client-ca", str(client_ca)]
    host = "localhost" if secure and certificate != LOOPBACK_CERTIFICATE else address
    with module_server("tests.servers.truth_server", *words) as listening:
        server = Truth(listening.port, listening.pid, secure, host)
        server.clear()
        yield server
