"""The responses of the conformance suite from a server: whole, byte by byte, and over TLS."""

import time
from collections.abc import Sequence

import gevent
import pytest

from analysis.failure import FailureKind
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.locustfiles.conformance.case import Case, asked, outcome
from tests.locustfiles.conformance.table import CASES, NAMES
from tests.servers.script import Step, bytewise, fin, response, send
from tests.servers.truth import Truth

LONG = 3000
BY_NAME = dict(zip(NAMES, CASES, strict=True))
OVER_TLS = [name for name in NAMES if name.startswith("lengths")]
BYTEWISE = [name for name, case in BY_NAME.items() if len(case.data) <= LONG and not case.surplus]


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_response(name: str, truth: Truth, client: WireClient) -> None:
    case = BY_NAME[name]

    _answered(case, [send(case.data + case.surplus)], truth, client)


@pytest.mark.parametrize("name", BYTEWISE)
def test_a_response_byte_by_byte(name: str, truth: Truth, client: WireClient) -> None:
    case = BY_NAME[name]

    _answered(case, bytewise(case.data), truth, client)


@pytest.mark.parametrize("name", OVER_TLS)
def test_a_whole_response_over_tls(name: str, secure_truth: Truth, secure_client: WireClient) -> None:
    case = BY_NAME[name]

    _answered(case, [send(case.data + case.surplus)], secure_truth, secure_client)


def _answered(case: Case, steps: Sequence[Step], truth: Truth, client: WireClient) -> None:
    """The case's outcome, and after it the next request's own answer on the same client."""
    truth.script("/case", [*steps, fin()] if case.ends else steps)
    truth.script("/next", response(b"next"))

    exchange = asked(client, case, "/case", timeout_s=0.15 if case.failure is FailureKind.TIMEOUT else 5.0)
    if case.ends:
        _wait_for_the_end(client)
    following = ask(client, "/next")

    assert outcome(exchange) == case.outcome_whole
    assert outcome(following) == (None, 200, b"next")
    assert case.is_blank or client.opened == (1 if case.is_reused else 2)
    assert truth.requests() == {"/case": 1, "/next": 1}


def _wait_for_the_end(client: WireClient) -> None:
    deadline_s = time.monotonic() + 5
    while client._connection is not None and not client._connection.is_stale():
        assert time.monotonic() < deadline_s
        gevent.sleep(0.001)
