"""The wire client against responses made wrong at random: it says what they were, and goes on."""

import itertools
import random
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import pytest

from analysis.failure import FailureKind
from locustfiles.load.dialect import DECODERS, decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.locustfiles.conformance.case import OK, Outcome, outcome
from tests.locustfiles.mutation import SEEDS, STREAMS, Mutant, cut, mutant
from tests.locustfiles.scripted_client import ScriptedConnection, scripted_client
from tests.servers.script import Step, fin, reset, response, send
from tests.servers.truth import Truth

SEED = 20_260_801
HANG_S = 10
NEXT = OK + b"Content-Length: 4\r\n\r\nnext"
DIALECTS = list(DECODERS)
ROUNDS = 50
SURPLUS = (FailureKind.PROTOCOL, None, None)
KINDS = {
    FailureKind.TIMEOUT,
    FailureKind.RESET,
    FailureKind.TRUNCATED,
    FailureKind.PROTOCOL,
    FailureKind.STREAM_ERROR,
    FailureKind.VALIDATION,
}


def test_any_response_ends_in_an_outcome_that_cuts_do_not_change() -> None:
    _fuzz_answers(random.Random(SEED), 1.0)


def test_any_stream_ends_in_an_outcome() -> None:
    _fuzz_streams(random.Random(SEED), 0.5)


@pytest.mark.alone
def test_any_response_of_a_server_ends_in_an_outcome(truth: Truth, client: WireClient) -> None:
    _fuzz_server(random.Random(SEED), 0.5, truth, client)


@pytest.mark.slow
@pytest.mark.alone
def test_any_response_ends_in_an_outcome_for_a_minute(truth: Truth, client: WireClient) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    _fuzz_answers(random.Random(seed), 25.0)
    _fuzz_streams(random.Random(seed), 15.0)
    _fuzz_server(random.Random(seed), 20.0, truth, client)


def _fuzz_answers(chance: random.Random, for_s: float) -> None:
    """Cuts change nothing but whether bytes after the end of a response are seen in time."""
    for one in _mutants(chance, for_s, SEEDS):
        told = [_answer(one, pieces) for pieces in (one.pieces, cut(chance, one.data))]
        if told[0] != told[1]:
            assert SURPLUS in told, one
            assert any(kind is None for kind, _, _ in told), one


def _answer(one: Mutant, pieces: Sequence[bytes]) -> Outcome:
    """And after it the next one, as if nothing had been."""
    client, dialer = scripted_client()
    connection = ScriptedConnection(pieces, [NEXT], ends=one.ends, error=one.error)
    dialer.ready = [connection, ScriptedConnection([NEXT])]
    request = client.prepare(one.method, "/", {"Accept-Encoding": one.accept_encoding})

    exchange = client.exchange(request, sched_ns=0, max_body_bytes=one.max_body_bytes)

    _check(exchange, one)
    _check_next(client, one)
    return outcome(exchange)


def _fuzz_streams(chance: random.Random, for_s: float) -> None:
    for one in _mutants(chance, for_s, STREAMS):
        client, dialer = scripted_client()
        connection = ScriptedConnection(one.pieces, [NEXT], ends=one.ends, error=one.error)
        dialer.ready = [connection, ScriptedConnection([NEXT])]
        request = client.prepare("POST", "/", {"Accept-Encoding": one.accept_encoding}, b"{}")
        decoder = decoder_for(chance.choice(DIALECTS))
        stream = client.stream(request, sched_ns=0, decoder=decoder, max_body_bytes=one.max_body_bytes)

        stamps_ns = [event.stamp_ns for event in stream]

        assert stamps_ns == sorted(stamps_ns), one
        _check(stream.exchange, one)
        _check_next(client, one)


def _fuzz_server(chance: random.Random, for_s: float, truth: Truth, client: WireClient) -> None:
    truth.script("/next", response(b"next"))
    mutants = _mutants(chance, for_s, SEEDS)
    while some := list(itertools.islice(mutants, ROUNDS)):
        truth.clear()
        truth.rounds("/any", [_steps(one) for one in some])
        for one in some:
            request = client.prepare(one.method, "/any", {"Accept-Encoding": one.accept_encoding})
            exchange = client.exchange(
                request, sched_ns=now_ns(), timeout_s=0.02, max_body_bytes=one.max_body_bytes
            )
            _check(exchange, one)
            client.close()  # what a server sends after a response may come after the next request was sent
            assert outcome(ask(client, "/next")) == (None, 200, b"next"), one
        assert truth.requests() == {"/any": len(some), "/next": len(some)}


def _steps(one: Mutant) -> list[Step]:
    end = [fin()] if one.ends else [reset()] if one.error is ConnectionResetError else []
    return [*(send(piece) for piece in one.pieces), *end]


def _mutants(chance: random.Random, for_s: float, seeds: Sequence[bytes]) -> Iterator[Mutant]:
    """One by one, each of which may take a while but not for ever."""
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        one = mutant(chance, seeds)
        with _no_hang(one):
            yield one


@contextmanager
def _no_hang(one: Mutant) -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no end: {one}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _check(exchange: Exchange, one: Mutant) -> None:
    if exchange.failure is None:
        assert exchange.status is not None, one
        assert exchange.status >= 200, one
        assert len(exchange.body) <= one.max_body_bytes, one
        assert isinstance(exchange.headers, dict), one
    else:
        assert exchange.failure.kind in KINDS, one
        assert exchange.failure.detail, one
    assert exchange.received_bytes <= len(one.data), one


def _check_next(client: WireClient, one: Mutant) -> None:
    exchange = client.exchange(client.prepare("GET", "/"), sched_ns=0)
    assert outcome(exchange) == (None, 200, b"next"), (one, exchange)
    client.close()
