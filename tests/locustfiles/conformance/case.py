"""One response and its right outcome."""

from dataclasses import dataclass, replace

from analysis.failure import FailureKind
from locustfiles.load.exchange import Exchange
from locustfiles.load.wire import WireClient

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = b"Content-Length: 3\r\n\r\nabc"
"""The last field, the end of the head and the body `abc`."""
ABC = b"abc"
Outcome = tuple[FailureKind | None, int | None, bytes | None]
"""Failure, or status and body."""
MAX_BODY_BYTES = 1000
"""The limit that all cases are asked with."""


@dataclass(frozen=True, slots=True)
class Case:
    """Without a failure the answer is `status` and `body`."""

    name: str
    data: bytes
    failure: FailureKind | None = None
    status: int = 200
    body: bytes = ABC
    keeps: bool = True
    """The connection may be used again."""
    surplus: bytes = b""
    """Sent after `data`. It is a failure when it is seen, and keeps the connection from being used again."""
    is_blank: bool = False
    """The surplus is empty lines: passed over when they are seen."""
    ends: bool = False
    """The service closes the connection at the end; else it waits."""
    method: str = "GET"
    accept_encoding: str = "identity"

    @property
    def outcome(self) -> "Outcome":
        return (None, self.status, self.body) if self.failure is None else (self.failure, None, None)

    @property
    def outcome_whole(self) -> "Outcome":
        """When all of it comes at once."""
        return (FailureKind.PROTOCOL, None, None) if self.surplus and not self.is_blank else self.outcome

    @property
    def is_reused(self) -> bool:
        """The next request goes over the same connection."""
        return self.failure is None and self.keeps and not self.surplus and not self.ends


def good(name: str, data: bytes, body: bytes = ABC, status: int = 200) -> Case:
    """The answer, on a connection that can be used again."""
    return Case(name, data, None, status, body)


def last(case: Case) -> Case:
    """The same, but the connection cannot be used again."""
    return replace(case, keeps=False)


def until_end(name: str, data: bytes, body: bytes = ABC, status: int = 200) -> Case:
    """The answer, ended by the end of the connection."""
    return Case(name, data, None, status, body, keeps=False, ends=True)


def bad(name: str, data: bytes) -> Case:
    """No HTTP: known as soon as it is there, though the service keeps the connection open."""
    return Case(name, data, FailureKind.PROTOCOL)


def cut(name: str, data: bytes) -> Case:
    """The service closes the connection too early."""
    return Case(name, data, FailureKind.TRUNCATED, ends=True)


def stalled(name: str, data: bytes) -> Case:
    """The service does not go on."""
    return Case(name, data, FailureKind.TIMEOUT)


def asked(client: WireClient, case: Case, path: str = "/", timeout_s: float = 5.0) -> Exchange:
    """The exchange whose answer the case is."""
    request = client.prepare(case.method, path, {"Accept-Encoding": case.accept_encoding})
    return client.exchange(request, sched_ns=0, timeout_s=timeout_s, max_body_bytes=MAX_BODY_BYTES)


def outcome(exchange: Exchange) -> Outcome:
    if exchange.failure is not None:
        return exchange.failure.kind, None, None
    return None, exchange.status, exchange.body
