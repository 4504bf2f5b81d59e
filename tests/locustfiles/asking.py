"""Asking in the tests of the wire client."""

from analysis.failure import FailureKind
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient


def ask(
    client: WireClient,
    path: str,
    method: str = "POST",
    *,
    first_byte_timeout_s: float | None = None,
    **options: float,
) -> Exchange:
    body = b"{}" if method == "POST" else None
    request = client.prepare(method, path, None, body, first_byte_timeout_s=first_byte_timeout_s)
    limits = {"timeout_s": 10.0, **options}
    return client.exchange(request, sched_ns=now_ns(), **limits)  # type: ignore[arg-type] # a mix of int and float


def failure_of(exchange: Exchange) -> FailureKind | None:
    return None if exchange.failure is None else exchange.failure.kind
