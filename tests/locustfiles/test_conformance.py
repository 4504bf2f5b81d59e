"""Every response of the conformance suite, cut at every position, through the client without a network."""

from collections.abc import Iterator, Sequence

import pytest

from tests.locustfiles.conformance.case import OK, Case, asked, outcome
from tests.locustfiles.conformance.table import CASES, NAMES
from tests.locustfiles.scripted_client import ScriptedConnection, scripted_client

LONG = 3000
NEXT = OK + b"Content-Length: 4\r\n\r\nnext"


def test_there_are_enough_cases_and_none_twice() -> None:
    sent = {(case.data, case.surplus, case.method, case.accept_encoding, case.ends) for case in CASES}

    assert len(CASES) >= 150
    assert len(sent) == len(set(NAMES)) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_response_means_the_same_wherever_it_is_cut(case: Case) -> None:
    """And the next request gets its own answer, on the same connection where that may be."""
    client, dialer = scripted_client()
    for pieces in _cuts(case.data + case.surplus):
        connection, spare = ScriptedConnection(pieces, [NEXT], ends=case.ends), ScriptedConnection([NEXT])
        dialer.ready = [connection, spare]

        exchange = asked(client, case)
        following = client.exchange(client.prepare("GET", "/"), sched_ns=0)

        is_whole = _is_surplus_seen(case, pieces)
        assert outcome(exchange) == (case.outcome_whole if is_whole else case.outcome), pieces
        assert outcome(following) == (None, 200, b"next"), pieces
        assert case.is_blank or client._connection is (connection if case.is_reused else spare), pieces
        client.close()
        assert connection.is_closed


def _cuts(data: bytes) -> Iterator[Sequence[bytes]]:
    """Whole, bytewise, and in two at each position; of long ones at enough positions."""
    yield [data]
    step = 1 if len(data) <= LONG else 997
    yield [data[at : at + step] for at in range(0, len(data), step)]
    for at in range(1, len(data)):
        if step == 1 or at % step == 0 or not 200 < at < len(data) - 20:
            yield [data[:at], data[at:]]


def _is_surplus_seen(case: Case, pieces: Sequence[bytes]) -> bool:
    """Whether a read brings the end of the response and bytes after it."""
    end = 0
    for piece in pieces:
        begin, end = end, end + len(piece)
        if begin < len(case.data) < end:
            return True
    return False
