"""Many clients that read streams at the same time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from analysis.endpoint import Dialect
from analysis.target import Tls
from locustfiles.load.dialect import decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind
from locustfiles.load.wire import WireClient
from tests.servers.truth import CERTIFICATE, Truth

DONE = b'event: done\ndata: {"tokens": 3}\n\n'

Stamps = list[int]


def token(text: str) -> bytes:
    return b'event: token\ndata: {"text": "%b"}\n\n' % text.encode()


def busy(seconds: float) -> None:
    """Holds up the whole process."""
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        pass


@contextmanager
def clients(truth: Truth, count: int) -> Iterator[list[WireClient]]:
    tls = Tls(ca_file=str(CERTIFICATE)) if truth.secure else Tls()
    opened = [WireClient(truth.url, tls=tls) for _ in range(count)]
    try:
        yield opened
    finally:
        for client in opened:
            client.close()


def read(client: WireClient, path: str, seen: Callable[[], None]) -> tuple[Stamps, Exchange]:
    """The stamp of each text event; `seen` is called for each."""
    request = client.prepare("POST", path, None, b"{}")
    streamed = client.stream(
        request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS), timeout_s=20
    )
    stamps_ns = []
    for event in streamed:
        if event.kind is EventKind.TEXT:
            stamps_ns.append(event.stamp_ns)
            seen()
    return stamps_ns, streamed.exchange
