"""Deadlines of one exchange: all of it, and its first byte."""

import time

import gevent
import pytest

from analysis.endpoint import Dialect
from analysis.failure import Failure, FailureKind
from locustfiles.load.dialect import decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.stamped_socket import StampedSocket
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask, failure_of
from tests.servers.script import LAST_CHUNK, STREAM_HEAD, chunk, delay, fin, head, response, send, stall
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

NO_FIRST_BYTE = Failure(FailureKind.TIMEOUT, "no first byte within 0.1 s of the request")


def test_no_first_byte_in_time_is_a_timeout_of_its_own(truth: Truth, client: WireClient) -> None:
    truth.script("/stall", [stall()])
    truth.script("/ok", response(b"fine"))
    began_s = time.monotonic()

    exchange = ask(client, "/stall", timeout_s=60.0, first_byte_timeout_s=0.1)

    assert time.monotonic() - began_s < 30
    assert exchange.failure == NO_FIRST_BYTE
    assert ask(client, "/ok", first_byte_timeout_s=5.0).body == b"fine"


def test_no_first_byte_over_tls_neither(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script("/stall", [stall()])

    assert ask(secure_client, "/stall", first_byte_timeout_s=0.1).failure == NO_FIRST_BYTE


def test_after_the_first_byte_only_the_total_holds(truth: Truth, client: WireClient) -> None:
    """An interim response is a byte of the answer as well."""
    truth.script("/slow", [send(head(200, {"Content-Length": "4"})), delay(0.3), send(b"fine")])
    truth.script("/early", [send(head(103)), delay(0.3), send(response(b"fine"))])
    truth.script("/half", [send(head(200, {"Content-Length": "4"})), stall()])

    for path in ("/slow", "/early", "/slow"):
        assert ask(client, path, first_byte_timeout_s=0.1).body == b"fine"
    assert client.opened == 1
    late = ask(client, "/half", timeout_s=0.3, first_byte_timeout_s=0.1)
    assert late.failure == Failure(FailureKind.TIMEOUT, "no complete response within 0.3 s")


def test_the_sooner_deadline_holds(truth: Truth, client: WireClient) -> None:
    truth.script("/stall", [stall()])

    exchange = ask(client, "/stall", timeout_s=0.1, first_byte_timeout_s=9.0)

    assert exchange.failure == Failure(FailureKind.TIMEOUT, "no complete response within 0.1 s")


def test_the_time_that_sending_takes_is_not_the_first_bytes(truth: Truth, client: WireClient) -> None:
    truth.script("/never", [delay(1.5), fin()], early=True)
    request = client.prepare("POST", "/never", None, b"x" * 30_000_000, first_byte_timeout_s=0.1)

    exchange = client.exchange(request, sched_ns=now_ns(), timeout_s=0.3)

    assert exchange.failure == Failure(FailureKind.TIMEOUT, "request not taken within 0.3 s")


def test_a_stream_has_a_first_byte_as_well(truth: Truth, client: WireClient) -> None:
    events = chunk(b'event: token\ndata: {"text": "a"}\n\n' + b"event: done\ndata: {}\n\n")
    truth.script("/stall", [stall()])
    truth.script("/slow", [send(STREAM_HEAD), delay(0.3), send(events + LAST_CHUNK)])

    assert _streamed(client, "/stall").failure == NO_FIRST_BYTE
    assert _streamed(client, "/slow").failure is None


def _streamed(client: WireClient, path: str) -> Exchange:
    stream = client.stream(
        client.prepare("POST", path, None, b"{}", first_byte_timeout_s=0.1),
        sched_ns=now_ns(),
        decoder=decoder_for(Dialect.RAG_EVENTS),
    )
    assert all(event.stamp_ns for event in stream)
    return stream.exchange


TOKEN = chunk(b'event: token\ndata: {"text": "a"}\n\n')
DONE = chunk(b"event: done\ndata: {}\n\n") + LAST_CHUNK
SILENCE = Failure(FailureKind.TIMEOUT, "nothing came for 0.15 s")


def _patient(
    client: WireClient, path: str, idle_timeout_s: float = 0.15, **limits: float
) -> tuple[int, Exchange]:
    """How many events came of a stream that may be silent so long."""
    request = client.prepare("POST", path, None, b"{}")._replace(idle_timeout_s=idle_timeout_s)
    stream = client.stream(
        request,
        sched_ns=now_ns(),
        decoder=decoder_for(Dialect.RAG_EVENTS),
        **limits,  # type: ignore[arg-type] # as above
    )
    return len(list(stream)), stream.exchange


def test_a_stream_that_falls_silent_is_a_timeout(truth: Truth, client: WireClient) -> None:
    """Whatever it had said; a service that is alive sends comments at least."""
    truth.script("/silent", [send(STREAM_HEAD + TOKEN), stall()])
    truth.script("/head", [send(STREAM_HEAD), stall()])
    truth.script("/half", [send(STREAM_HEAD + TOKEN[:12]), stall()])
    truth.script("/ok", [send(STREAM_HEAD + TOKEN + DONE)])

    for path, events in (("/silent", 1), ("/head", 0), ("/half", 0)):
        assert (events, SILENCE) == (lambda found: (found[0], found[1].failure))(_patient(client, path))
    assert _patient(client, "/ok")[1].failure is None


def test_a_stream_that_falls_silent_over_tls_neither(secure_truth: Truth, secure_client: WireClient) -> None:
    secure_truth.script("/silent", [send(STREAM_HEAD + TOKEN), stall()])

    assert _patient(secure_client, "/silent")[1].failure == SILENCE


def test_a_stream_may_take_much_longer_than_it_may_be_silent(truth: Truth, client: WireClient) -> None:
    """Bytes of any kind count: parts of an event, and comments."""
    said = [TOKEN, chunk(b": ping\n"), *(TOKEN[at : at + 10] for at in range(0, len(TOKEN), 10))]
    steps = [step for part in said for step in (send(part), delay(0.06))]
    truth.script("/slow", [send(STREAM_HEAD), *steps, send(DONE)])

    events, exchange = _patient(client, "/slow", 0.25)

    assert (events, exchange.failure) == (3, None)
    assert (exchange.service_us or 0) > 250_000


def test_silence_before_the_first_byte_and_after_the_deadline_are_not_this_silence(
    truth: Truth, client: WireClient
) -> None:
    truth.script("/late", [delay(0.4), send(STREAM_HEAD + TOKEN + DONE)])
    truth.script("/silent", [send(STREAM_HEAD + TOKEN), stall()])
    truth.script("/chatty", [send(STREAM_HEAD), *([send(TOKEN), delay(0.03)] * 40)])

    assert _patient(client, "/late")[1].failure is None
    overall = Failure(FailureKind.TIMEOUT, "no complete response within 0.2 s")
    assert _patient(client, "/silent", 9.0, timeout_s=0.2)[1].failure == overall
    assert _patient(client, "/chatty", timeout_s=0.2)[1].failure == overall


def test_a_generator_that_looks_late_takes_no_service_for_silent(truth: Truth, client: WireClient) -> None:
    """Nobody looked for longer than the service may be silent; meanwhile it went on speaking."""
    truth.script("/on", [send(STREAM_HEAD), *([send(TOKEN), delay(0.05)] * 20), send(DONE)])
    request = client.prepare("POST", "/on", None, b"{}")._replace(idle_timeout_s=0.3)
    stream = client.stream(
        request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS), timeout_s=30.0
    )
    count = 0
    for _ in stream:
        if count == 1:
            time.sleep(0.7)
        count += 1

    assert (stream.exchange.failure, count) == (None, 21)


def test_silence_costs_no_timer_for_each_read(truth: Truth, client: WireClient) -> None:
    truth.script("/many", [send(STREAM_HEAD), *([send(TOKEN), delay(0.001)] * 100), send(DONE)])
    timers: set[object] = set()
    request = client.prepare("POST", "/many", None, b"{}")._replace(idle_timeout_s=30.0)
    stream = client.stream(request, sched_ns=now_ns(), decoder=decoder_for(Dialect.RAG_EVENTS))
    for _ in stream:
        assert isinstance(client._connection, StampedSocket)
        timers.add(client._connection._timer)

    assert stream.exchange.failure is None
    assert len(timers) == 1


def test_deadlines_cost_no_timer_for_each_request(truth: Truth, client: WireClient) -> None:
    truth.script("/ok", response(b"fine"))
    ask(client, "/ok", first_byte_timeout_s=30.0)
    connection = client._connection
    assert isinstance(connection, StampedSocket)
    timer = connection._timer

    for _ in range(200):
        assert ask(client, "/ok", first_byte_timeout_s=30.0).body == b"fine"

    assert client._connection is connection
    assert connection._timer is timer


def test_an_answer_that_came_in_time_counts_although_nobody_looked(truth: Truth, client: WireClient) -> None:
    """The kernel's stamp decides, not the moment at which the busy generator gets round to it."""
    exchange = _busy_while_asking(truth, client, "/soon", answer_s=0.1, timeout_s=0.4)

    assert (exchange.failure, exchange.body) == (None, b"fine")
    assert exchange.last_ns is not None
    assert exchange.wake_lag_ns is not None
    assert (
        exchange.last_ns - exchange.sched_ns
        < 400_000_000
        < exchange.last_ns - exchange.sched_ns + exchange.wake_lag_ns
    )


def test_an_answer_that_came_too_late_does_not_although_it_is_there(truth: Truth, client: WireClient) -> None:
    exchange = _busy_while_asking(truth, client, "/late", answer_s=0.4, timeout_s=0.1)

    assert failure_of(exchange) is FailureKind.TIMEOUT


def _busy_while_asking(
    truth: Truth, client: WireClient, path: str, *, answer_s: float, timeout_s: float
) -> Exchange:
    """The generator does nothing else from soon after it asked until answer and deadline are past."""
    truth.script(path, [delay(answer_s), send(response(b"fine"))])
    truth.script("/ok", response(b"fine"))
    ask(client, "/ok")
    truth.clear()
    until_s = time.monotonic() + timeout_s + 0.2

    def be_busy() -> None:
        while not (records := truth.records()) or not records[0]["writes"] or time.monotonic() < until_s:
            time.sleep(0.01)

    gevent.spawn_later(0.01, be_busy)
    return ask(client, path, timeout_s=timeout_s)
