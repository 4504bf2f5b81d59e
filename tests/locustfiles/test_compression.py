"""Compressed answers and streams, asked for and not."""

import gzip
import zlib
from collections.abc import Mapping

import pytest

from analysis.endpoint import Dialect
from analysis.errors import UsageError
from analysis.failure import FailureKind
from locustfiles.load.dialect import EventKind, decoder_for
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import StreamEvent
from locustfiles.load.stream_exchange import StreamExchange
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import failure_of
from tests.servers.script import LAST_CHUNK, chunk, delay, head, response, send
from tests.servers.truth import Truth

GZIP = {"Accept-Encoding": "gzip"}
CODED_HEAD = head(
    200,
    {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", "Content-Encoding": "gzip"},
)


def test_nothing_compressed_is_asked_for_unless_a_header_says_so(truth: Truth, client: WireClient) -> None:
    truth.script("/ok", response(b"fine"))
    own = WireClient(truth.url, {"accept-encoding": "deflate"})
    for one, headers in ((client, None), (client, GZIP), (own, None), (own, GZIP)):
        one.exchange(one.prepare("GET", "/ok", headers), sched_ns=now_ns())
    own.close()

    asked = [_value(record["head"], "accept-encoding") for record in truth.records()]

    assert asked == ["identity", "gzip", "deflate", "gzip"]


@pytest.mark.parametrize("value", ["br", "gzip, br", "*", "gzip;q=2", "zstd;q=0.5"])
def test_what_nobody_could_undo_is_not_asked_for(client: WireClient, value: str) -> None:
    with pytest.raises(UsageError, match="wanted gzip, deflate or identity"):
        client.prepare("GET", "/", {"Accept-Encoding": value})


def test_a_compressed_answer_counts_its_bytes_as_they_came(truth: Truth, client: WireClient) -> None:
    body = b"Plimsoll " * 1000
    answer = response(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    truth.script("/gzip", answer)

    for _ in range(3):
        exchange = client.exchange(client.prepare("GET", "/gzip", GZIP), sched_ns=now_ns())
        assert (exchange.failure, exchange.body) == (None, body)
        assert exchange.received_bytes == len(answer) < len(body)

    assert client.opened == 1


def test_a_bomb_is_stopped_at_the_limit(truth: Truth, client: WireClient) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    truth.script("/bomb", response(bomb, headers={"Content-Encoding": "gzip"}))

    exchange = client.exchange(
        client.prepare("GET", "/bomb", GZIP), sched_ns=now_ns(), max_body_bytes=1_000_000
    )

    assert failure_of(exchange) is FailureKind.PROTOCOL
    assert "max_body_bytes = 1000000" in str(exchange.failure)
    assert len(exchange.body) < 1_000_000


@pytest.mark.parametrize("headers", [None, {"Accept-Encoding": "deflate"}])
def test_a_compressed_answer_that_was_not_asked_for_is_a_failure(
    truth: Truth, client: WireClient, headers: Mapping[str, str] | None
) -> None:
    truth.script("/gzip", response(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}))

    exchange = client.exchange(client.prepare("GET", "/gzip", headers), sched_ns=now_ns())

    assert failure_of(exchange) is FailureKind.PROTOCOL
    assert "not asked for" in str(exchange.failure)


@pytest.mark.alone
def test_events_of_a_compressed_stream_are_stamped_as_they_come(truth: Truth, client: WireClient) -> None:
    compressor = zlib.compressobj(wbits=31)
    pieces = [
        compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)
        for event in [*(b'event: token\ndata: {"text": "%d "}\n\n' % number for number in range(10)), DONE]
    ]
    steps = [step for piece in pieces for step in (send(chunk(piece)), delay(0.02))]
    truth.script("/stream", [send(CODED_HEAD), *steps, send(chunk(compressor.flush()) + LAST_CHUNK)])

    stream = _begun(client, "/stream", GZIP)
    events = list(stream)

    [record] = truth.records()
    writes = [before_ns for before_ns, _, _ in record["writes"][1:]]
    assert stream.exchange.failure is None
    assert _text(events) == "".join(f"{number} " for number in range(10))
    assert all(
        written_ns <= event.stamp_ns < next_ns
        for written_ns, event, next_ns in zip(writes, events, writes[1:], strict=False)
    )


def test_a_damaged_stream_says_what_came_before(truth: Truth, client: WireClient) -> None:
    compressor = zlib.compressobj(wbits=31)
    good = compressor.compress(b'event: token\ndata: {"text": "a"}\n\n') + compressor.flush(zlib.Z_SYNC_FLUSH)
    truth.script("/damaged", [send(CODED_HEAD + chunk(good)), delay(0.05), send(chunk(b"\xff" * 99))])
    truth.script("/cut", [send(CODED_HEAD + chunk(good) + LAST_CHUNK)])

    for path in ("/damaged", "/cut"):
        stream = _begun(client, path, GZIP)
        assert _text(list(stream)) == "a"
        assert failure_of(stream.exchange) is FailureKind.PROTOCOL


def test_a_compressed_stream_that_was_not_asked_for_is_not_decoded(truth: Truth, client: WireClient) -> None:
    """Nor is what can be read although it is compressed."""
    stored = gzip.compress(b"\n\n" + DONE, compresslevel=0)
    assert DONE in stored
    truth.script("/stream", [send(CODED_HEAD + chunk(stored) + LAST_CHUNK)])

    stream = _begun(client, "/stream", None)

    assert list(stream) == []
    assert failure_of(stream.exchange) is FailureKind.PROTOCOL
    assert "not asked for" in str(stream.exchange.failure)


DONE = b"event: done\ndata: {}\n\n"


def _begun(client: WireClient, path: str, headers: Mapping[str, str] | None) -> StreamExchange:
    request = client.prepare("POST", path, headers, b"{}")
    return client.stream(request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS))


def _text(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if event.kind is EventKind.TEXT)


def _value(request_head: str, name: str) -> str:
    lines = (line.partition(": ") for line in request_head.split("\r\n"))
    return next(value for key, _, value in lines if key.lower() == name)
