"""Stamps over TLS against the server's own log."""

import time
from itertools import groupby

import gevent
import pytest

from analysis.endpoint import Dialect
from locustfiles.load.dialect import decoder_for
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.locustfiles.kernel_stamps import assert_stamps_are_the_kernels
from tests.servers.script import halve, response, send, stream
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

PIECES = [
    *(b'event: token\ndata: {"text": "word%d "}\n\n' % number for number in range(20)),
    b"event: done\ndata: {}\n\n",
]


def test_stamps_are_the_kernels_and_agree_with_the_server(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    """The process is busy while the answer arrives: the stamps do not show it, the wake lag does."""
    assert_stamps_are_the_kernels(secure_truth, secure_client)


def test_data_has_the_stamp_of_the_read_that_completed_its_record(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    secure_truth.script("/halves", [halve(0.05), send(response(b"fine"))])

    exchange = ask(secure_client, "/halves")

    [record] = secure_truth.records()
    assert exchange.first_ns is not None
    assert exchange.first_ns == exchange.last_ns
    assert exchange.first_ns >= record["writes"][0][0] + 50_000_000


def test_connecting_is_kept_apart_from_the_service(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script("/ok", response(b"fine"))

    sched_ns = now_ns()
    exchange = secure_client.exchange(secure_client.prepare("GET", "/ok"), sched_ns=sched_ns)

    assert exchange.connect_ns is not None
    assert exchange.send_ns is not None
    assert exchange.send_ns >= sched_ns + exchange.connect_ns


def test_each_event_is_stamped_between_its_write_and_the_next(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    """Events of one read share the stamp of the last one; the client says how often that was."""
    secure_truth.script("/stream", stream(PIECES, gap_s=0.004, first_s=0.02))
    request = secure_client.prepare("POST", "/stream", None, b"{}")

    stream_exchange = secure_client.stream(
        request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS)
    )
    stamps_ns = [event.stamp_ns for event in stream_exchange]

    [record] = secure_truth.records()
    writes = [before_ns for before_ns, _, _ in record["writes"][1:-1]]
    reads = [(stamp_ns, len(list(group))) for stamp_ns, group in groupby(stamps_ns)]
    assert stream_exchange.exchange.failure is None
    assert len(stamps_ns) == 21
    seen = 0
    for stamp_ns, count in reads:
        seen += count
        assert writes[seen - 1] <= stamp_ns
        assert seen == len(writes) or stamp_ns < writes[seen]


def test_records_that_arrive_together_share_a_stamp_and_are_counted(
    secure_truth: Truth, secure_client: WireClient
) -> None:
    """The generator is busy while the records of five events arrive."""
    secure_truth.script("/burst", stream(PIECES[:5] + PIECES[-1:], gap_s=0.002, first_s=0.1))
    secure_truth.script("/ok", response(b"fine"))
    ask(secure_client, "/ok")
    secure_truth.clear()
    request = secure_client.prepare("POST", "/burst", None, b"{}")

    def be_busy() -> None:
        while not (records := secure_truth.records()) or len(records[0]["writes"]) < 8:
            time.sleep(0.01)
        time.sleep(0.02)

    gevent.spawn_later(0.01, be_busy)
    exchange = secure_client.stream(request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS))
    stamps_ns = [event.stamp_ns for event in exchange]

    assert len(stamps_ns) == 6
    assert len(set(stamps_ns)) == 1
