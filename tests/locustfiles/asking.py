"""Asking in the tests of the wire client."""

from analysis.failure import FailureKind
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient


def ask(client: WireClient, path: str, method: str = "POST", **options: float) -> Exchange:
    request = client.prepare(method, path, None, b"{}" if method == "POST" else None)
    limits = {"timeout_s": 10.0, **options}
    return client.exchange(request, sched_ns=now_ns(), **limits)  # type: ignore[arg-type] # a mix of int and float


def failure_of(exchange: Exchange) -> FailureKind | None:
    return None if exchange.failure is None else exchange.failure.kind
