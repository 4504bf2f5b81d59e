"""Counts add up, and say when they do not balance."""

import json

import pytest

from analysis.counts import Counts, counts_of, parse_counts_row, total
from analysis.failure import FailureKind


def test_adding_sums_every_field() -> None:
    one = Counts(
        due=10, dropped=1, started=9, ok=5, failed={FailureKind.TIMEOUT: 2, FailureKind.RESET: 1}, aborted=1,
        received_bytes=100, events=7, good=4, coalesced=2, clipped=1,
        text_bytes=70, tokens=8, hits=3, misses=2, retrievals=5, empty_retrievals=1, left=1, reconnects=2,
    )  # fmt: skip

    assert total([one, one, Counts()]) == Counts(
        due=20, dropped=2, started=18, ok=10, failed={FailureKind.TIMEOUT: 4, FailureKind.RESET: 2},
        aborted=2, received_bytes=200, events=14, good=8, coalesced=4, clipped=2,
        text_bytes=140, tokens=16, hits=6, misses=4, retrievals=10, empty_retrievals=2, left=2,
        reconnects=4,
    )  # fmt: skip
    assert total([]) == Counts()
    assert one.failures == 3


@pytest.mark.parametrize(
    ("counts", "imbalance"),
    [
        (Counts(), None),
        (Counts(due=5, dropped=2, started=3, ok=1, failed={FailureKind.TLS: 1}, aborted=1), None),
        (Counts(due=5, dropped=2, started=2, ok=2), "5 due, but 2 started + 2 dropped"),
        (Counts(due=3, started=3, ok=1, aborted=1), "3 started, but 1 ok + 0 failed + 1 aborted"),
        (
            Counts(due=1, started=1, ok=1, failed={FailureKind.RESET: 1}),
            "1 started, but 1 ok + 1 failed + 0 aborted",
        ),
    ],
)
def test_conservation_is_checked_in_both_equations(counts: Counts, imbalance: str | None) -> None:
    assert counts.imbalance() == imbalance


def test_a_row_may_leave_out_zeros_and_name_more_than_we_know() -> None:
    row = parse_counts_row(
        b'{"slice":3,"worker":1,"endpoint":"query","due":2,"started":2,"ok":1,'
        b'"failed":{"http_5xx":1},"bytes":88,"later":1}'
    )

    assert (row.slice_index, row.worker, row.endpoint) == (3, 1, "query")
    assert row.counts == Counts(due=2, started=2, ok=1, failed={FailureKind.HTTP_5XX: 1}, received_bytes=88)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "JSON"),
        (b"[]", "an object"),
        (b'{"worker":0,"endpoint":"q"}', "slice: Field required"),
        (b'{"slice":-1,"worker":0,"endpoint":"q"}', "slice: .*greater than or equal to 0"),
        (b'{"slice":0,"worker":0,"endpoint":"q","ok":"1"}', "ok: .*integer"),
        (b'{"slice":0,"worker":0,"endpoint":"q","ok":-1}', "ok: .*greater than or equal to 0"),
        (b'{"slice":0,"worker":0,"endpoint":"q","failed":{"odd":1}}', "failed.*connect"),
        (b'{"slice":0,"worker":0,"endpoint":"\xff"}', "JSON"),
    ],
)
def test_what_is_no_row_is_refused_with_its_key(line: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_counts_row(line)


def test_reported_counts_are_those_of_their_line() -> None:
    fields = b'"due":2,"started":2,"ok":1,"failed":{"http_5xx":1},"bytes":88,"later":1}'

    reported = counts_of(json.loads(b"{" + fields))

    assert reported == parse_counts_row(b'{"slice":3,"worker":1,"endpoint":"query",' + fields).counts
    assert reported.failed == {FailureKind.HTTP_5XX: 1}
    with pytest.raises(ValueError, match=r"ok: .*greater than or equal to 0"):
        counts_of({"ok": -1})
