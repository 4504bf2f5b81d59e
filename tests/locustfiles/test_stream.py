"""Streams over the wire: each event handed over as it arrives, with the stamp of its read."""

import json
import time
from itertools import groupby

import gevent
import pytest

from analysis.endpoint import Dialect
from analysis.failure import FailureKind
from locustfiles.load.dialect import EventKind, StreamEvent, decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_exchange import StreamExchange
from locustfiles.load.wire import WireClient
from tests.servers.script import (
    LAST_CHUNK,
    STREAM_HEAD,
    Step,
    bytewise,
    chunk,
    delay,
    fin,
    head,
    reset,
    response,
    send,
    stall,
    stream,
)
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone


def token(text: str) -> bytes:
    return b"event: token\ndata: " + json.dumps({"text": text}).encode() + b"\n\n"


DONE = b'event: done\ndata: {"tokens": 3}\n\n'
ERROR = b'event: error\ndata: {"code": "llm_down"}\n\n'


def begun(client: WireClient, path: str, timeout_s: float = 10.0) -> StreamExchange:
    request = client.prepare("POST", path, None, b"{}")
    decoder = decoder_for(Dialect.RAG_EVENTS)
    return client.stream(request, sched_ns=now_ns(), timeout_s=timeout_s, decoder=decoder)


def streamed(client: WireClient, path: str, timeout_s: float = 10.0) -> tuple[list[StreamEvent], Exchange]:
    stream = begun(client, path, timeout_s)
    return list(stream), stream.exchange


def texts(events: list[StreamEvent]) -> list[str]:
    return [event.text for event in events if event.kind is EventKind.TEXT]


def test_each_event_is_stamped_between_its_write_and_the_next(truth: Truth, client: WireClient) -> None:
    """Events of one read share the stamp of the last one; the client says how often that was."""
    pieces = [*(token(f"word{i} ") for i in range(20)), DONE]
    truth.script("/stream", stream(pieces, gap_s=0.004, first_s=0.02))

    events, exchange = streamed(client, "/stream")

    [record] = truth.records()
    writes = [before_ns for before_ns, _, _ in record["writes"][1:-1]]
    reads = [(stamp_ns, len(list(group))) for stamp_ns, group in groupby(event.stamp_ns for event in events)]
    assert exchange.failure is None
    assert len(events) == 21
    seen = 0
    for stamp_ns, count in reads:
        seen += count
        assert writes[seen - 1] <= stamp_ns
        assert seen == len(writes) or stamp_ns < writes[seen]


def test_an_event_is_handed_over_although_nothing_follows_it(truth: Truth, client: WireClient) -> None:
    truth.script("/first", [OPENED, stall()])

    for event in begun(client, "/first"):
        assert event.text == "a"
        break


def test_a_stamp_does_not_wait_for_a_busy_generator(truth: Truth, client: WireClient) -> None:
    """The generator is busy from the first event until after the second was sent; the stamp tells neither."""
    truth.script("/busy", stream([token("a"), token("b"), DONE], gap_s=0.5))
    busy_until_ns = 0

    events = []
    stream_exchange = begun(client, "/busy")
    for event in stream_exchange:
        events.append(event)
        if event.text == "a":
            while len(truth.records()[0]["writes"]) < 3:
                time.sleep(0.01)
            time.sleep(0.02)
            busy_until_ns = now_ns()

    [record] = truth.records()
    first, second = record["writes"][1:3]
    assert first[0] <= events[0].stamp_ns <= second[0]
    assert second[0] <= events[1].stamp_ns < busy_until_ns
    assert (stream_exchange.exchange.wake_lag_ns or 0) >= busy_until_ns - events[1].stamp_ns


def test_events_of_one_read_share_its_stamp_and_are_counted(truth: Truth, client: WireClient) -> None:
    truth.script("/burst", [send(STREAM_HEAD + chunk(token("a") + token("b") + DONE) + LAST_CHUNK)])

    events, exchange = streamed(client, "/burst")

    assert texts(events) == ["a", "b"]
    assert len({event.stamp_ns for event in events}) == 1
    assert exchange.failure is None


def test_a_stream_cut_at_every_byte_says_the_same(truth: Truth, client: WireClient) -> None:
    body = STREAM_HEAD + chunk(token("wörld")) + chunk(token("😀") + DONE) + LAST_CHUNK
    truth.script("/bytes", bytewise(body))

    events, exchange = streamed(client, "/bytes")

    assert texts(events) == ["wörld", "😀"]
    assert exchange.failure is None
    assert exchange.received_bytes == len(body)


def test_a_connection_is_kept_after_a_whole_stream(truth: Truth, client: WireClient) -> None:
    truth.script("/stream", stream([token("a"), DONE]))

    for _ in range(3):
        assert streamed(client, "/stream")[1].failure is None

    assert client.opened == 1


OPENED = send(STREAM_HEAD + chunk(token("a")))


@pytest.mark.parametrize(
    ("steps", "kind", "said"),
    [
        ([OPENED, fin()], FailureKind.TRUNCATED, ["a"]),
        ([OPENED, send(chunk(DONE)), fin()], FailureKind.TRUNCATED, ["a"]),
        ([OPENED, send(LAST_CHUNK)], FailureKind.VALIDATION, ["a"]),
        ([send(STREAM_HEAD + LAST_CHUNK)], FailureKind.VALIDATION, []),
        ([send(head(204))], FailureKind.VALIDATION, []),
        ([send(response(b"<html></html>"))], FailureKind.VALIDATION, []),
        ([OPENED, delay(0.05), reset()], FailureKind.RESET, ["a"]),
        ([OPENED, stall()], FailureKind.TIMEOUT, ["a"]),
        ([send(STREAM_HEAD), stall()], FailureKind.TIMEOUT, []),
        ([OPENED, send(b"no chunk")], FailureKind.PROTOCOL, ["a"]),
        ([OPENED, send(chunk(ERROR) + LAST_CHUNK)], FailureKind.STREAM_ERROR, ["a"]),
        ([OPENED, send(chunk(ERROR)), delay(0.05), reset()], FailureKind.STREAM_ERROR, ["a"]),
        ([OPENED, send(chunk(DONE + DONE) + LAST_CHUNK)], FailureKind.VALIDATION, ["a"]),
        ([OPENED, send(chunk(DONE) + LAST_CHUNK)], None, ["a"]),
        ([send(head() + token("a") + DONE), fin()], None, ["a"]),
        ([send(head() + token("a")), fin()], FailureKind.TRUNCATED, ["a"]),
    ],
)
def test_a_stream_is_good_only_with_its_end_mark_and_its_http_end(
    truth: Truth, client: WireClient, steps: list[Step], kind: FailureKind | None, said: list[str]
) -> None:
    """What was said before the failure has been handed over; the next stream works."""
    truth.script("/ends", steps)
    truth.script("/ok", stream([token("fine"), DONE]))

    events, exchange = streamed(client, "/ends", timeout_s=0.3 if kind is FailureKind.TIMEOUT else 10.0)

    assert texts(events) == said
    assert (None if exchange.failure is None else exchange.failure.kind) == kind
    assert texts(streamed(client, "/ok")[0]) == ["fine"]


def test_an_answer_with_another_status_is_kept_and_not_decoded(truth: Truth, client: WireClient) -> None:
    """The status explains what is wrong; the missing end mark of a stream that never was does not."""
    truth.script("/busy", response(b'{"error": 1}', 503))

    events, exchange = streamed(client, "/busy")

    assert events == []
    assert (exchange.status, exchange.body, exchange.failure) == (503, b'{"error": 1}', None)


def test_leaving_the_loop_early_closes_the_connection(truth: Truth, client: WireClient) -> None:
    truth.script("/long", [OPENED, stall()])

    for _ in begun(client, "/long"):
        break
    gevent.idle()

    assert client._connection is None


def test_a_kill_between_two_events_passes_through_and_closes(truth: Truth, client: WireClient) -> None:
    truth.script("/long", [OPENED, stall()])
    seen = gevent.event.Event()

    def read() -> None:
        for _ in begun(client, "/long"):
            seen.set()

    reading = gevent.spawn(read)
    assert seen.wait(5)
    reading.kill(timeout=5)

    assert isinstance(reading.value, gevent.GreenletExit)
    assert client._connection is None


def test_the_deadline_holds_while_events_keep_coming(truth: Truth, client: WireClient) -> None:
    truth.script("/endless", stream([token("x")] * 200, gap_s=0.01))

    events, exchange = streamed(client, "/endless", timeout_s=0.3)

    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.TIMEOUT
    assert 0 < len(events) < 200


def test_the_deadline_holds_when_the_caller_dawdles(truth: Truth, client: WireClient) -> None:
    """The timer rings while nobody waits for bytes, and must not be forgotten for that."""
    truth.script("/long", [OPENED, stall()])
    begin = time.monotonic()
    exchange = begun(client, "/long", timeout_s=0.2)

    for _ in exchange:
        gevent.sleep(0.3)

    assert exchange.exchange.failure is not None
    assert exchange.exchange.failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - begin < 5


def test_many_streams_at_once_keep_their_events_apart(truth: Truth) -> None:
    pieces = [*(token(f"{i} ") for i in range(30)), DONE]
    truth.script("/stream", stream(pieces, gap_s=0.002))

    def read() -> tuple[list[StreamEvent], Exchange]:
        client = WireClient(truth.url)
        try:
            return streamed(client, "/stream")
        finally:
            client.close()

    reading = [gevent.spawn(read) for _ in range(50)]
    gevent.joinall(reading, timeout=20)

    for one in reading:
        events, exchange = one.value
        assert exchange.failure is None
        assert "".join(texts(events)) == "".join(f"{i} " for i in range(30))
