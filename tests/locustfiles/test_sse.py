"""The SSE decoder against the WHATWG HTML standard, section 9.2.6, at every cut."""

import json
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locustfiles.load.framing import Message
from locustfiles.load.sse import SseDecoder
from tests.locustfiles.sse_cases import characters, ends, fields, line_ends, traffic
from tests.locustfiles.sse_cases.case import one

CASES = {
    f"{group}: {name}": case
    for group, cases in {
        "line ends": line_ends.CASES,
        "fields": fields.CASES,
        "characters": characters.CASES,
        "ends": ends.CASES,
        "traffic": traffic.CASES,
    }.items()
    for name, case in cases.items()
}

SHORT = 40
"""Bytes up to which a stream is cut in three pieces, at every pair of places."""


def decoded(*pieces: bytes) -> list[Message]:
    decoder = SseDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    return events


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES.keys())
def test_the_standard_is_followed_at_every_cut(data: bytes, expected: Sequence[Message]) -> None:
    """Whole, byte by byte, in two pieces at each place, and in three when it is short."""
    whole = list(expected)
    assert decoded(data) == whole
    assert decoded(*(data[i : i + 1] for i in range(len(data)))) == whole
    for first in range(len(data) + 1):
        assert decoded(data[:first], data[first:]) == whole
        if len(data) <= SHORT:
            for second in range(first, len(data) + 1):
                assert decoded(data[:first], data[first:second], data[second:]) == whole


def test_there_are_two_hundred_cases_and_each_is_what_the_standard_makes_of_it() -> None:
    """The table is not the decoder's own word: the standard's algorithm, followed by the letter, agrees."""
    assert len({data for data, _ in CASES.values()}) >= 200
    for data, expected in CASES.values():
        assert by_the_letter(data.decode("utf-8", "replace")) == list(expected)


def test_an_event_is_not_held_back_for_a_line_feed_that_may_follow() -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"data: x\r\n\r") == [one("x")]
    assert decoder.feed(b"\ndata: y\r\r") == [one("y")]
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\n") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"3000", 3000),
        (b"0", 0),
        (b"007", 7),
        (b"0" * 5000 + b"7", 7),
        (b"9" * 5000, 10**18),
        (b"-1", None),
        (b"1.5", None),
        (b"1 ", None),
        (b" 1", None),
        (b"\xd9\xa3", None),
        (b"", None),
    ],
)
def test_retry_takes_digits_only_and_dispatches_nothing(line: bytes, expected: int | None) -> None:
    stream = b"retry: " + line + b"\n\n"
    for cut in range(0, len(stream), max(1, len(stream) // 20)):
        decoder = SseDecoder()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == []
        assert decoder.retry_ms == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"id: 1\ndata: x\n\n", "1"),
        (b"id: 1\n\n", "1"),
        (b"id: 1\ndata: x\n\nid: 2\ndata: y\n", "1"),
        (b"id: 1\r\n\r\nid: 2", "1"),
        (b"id: 1\n\nid: 2\n\ndata: x\n\n", "2"),
        (b"id: 1\n\nid\n\n", ""),
        (b"id: 1\ndata: x", ""),
        (b"data: x\n\n", ""),
    ],
)
def test_the_id_to_go_on_from_is_that_of_the_last_whole_block(stream: bytes, expected: str) -> None:
    """What was cut off has not been seen, so the service is asked for it again."""
    for cut in range(len(stream) + 1):
        decoder = SseDecoder()
        decoder.feed(stream[:cut])
        decoder.feed(stream[cut:])
        decoder.close()
        assert decoder.last_id == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: x\n\n", "7"),
        (b"event: token\ndata: x\n\ndata: y\n\n", "7"),
        (b"id: 8\ndata: x\n\n", "8"),
        (b"id: 8\ndata: x\n", "7"),
        (b"id: 8\0\ndata: x\n\n", "7"),
        (b"id:\ndata: x\n\n", ""),
        (b": hello\n\nid: 8\n\nretry: 5\n\n", "8"),
    ],
)
def test_a_stream_that_takes_up_another_keeps_its_id_until_there_is_a_new_one(
    stream: bytes, expected: str
) -> None:
    for cut in range(len(stream) + 1):
        decoder = SseDecoder(last_id="7")
        events = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])
        decoder.close()
        assert decoder.last_id == expected
        assert {last_id for _, _, last_id in events} <= {expected}


ENDLESS = {
    "a line of data": (b"data: ", b"x" * 1000),
    "a line of nothing": (b"", b"x" * 1000),
    "a comment": (b"data: a\n\n: ", b"." * 1000),
    "lines of data": (b"", b"data: " + b"x" * 993 + b"\n"),
    "empty lines of data": (b"", b"data\n" * 200),
    "lines that end with CR": (b"data: a\r\rdata: ", b"x" * 990 + b"\rdata: "),
}


@pytest.mark.parametrize(("begin", "piece"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_has_no_end_is_kept_up_to_a_limit(begin: bytes, piece: bytes) -> None:
    """Ten million bytes of it take no more memory than the limit; nothing that follows is an event."""
    decoder = SseDecoder(max_event_bytes=100_000)
    tracemalloc.start()
    try:
        before = decoder.feed(begin)
        events = [event for _ in range(10_000) for event in decoder.feed(piece)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert before == ([one("a")] if b"data: a" in begin else [])
    assert events == []
    assert decoder.fault == "an event longer than max_event_bytes = 100000"
    assert decoder.feed(b"\n\ndata: x\n\n" * 2000) == []
    assert peak_bytes < 2_500_000


def test_what_is_short_may_go_on_for_ever() -> None:
    """Events, comments and unknown fields do not add up, even without a blank line between them."""
    decoder = SseDecoder(max_event_bytes=100_000)
    for piece in (b"data: x\n\n", b": ping\n", b"foo: bar\n", b"id: 1\n", b"data: y\r\n\r\n", b"\n"):
        for _ in range(200):
            decoder.feed(piece * 100)

    assert decoder.fault is None
    assert decoder.feed(b"data: " + b"z" * 99_000 + b"\n\n") == [one("z" * 99_000, last_id="1")]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_json_events_survive_any_line_end_and_any_cuts(texts: list[str], end: str, cuts: list[int]) -> None:
    stream = "".join(f"data: {json.dumps(text, ensure_ascii=False)}{end}{end}" for text in texts).encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    pieces = [stream[start:stop] for start, stop in pairwise(places)]

    assert [json.loads(data) for _, data, _ in decoded(*pieces)] == texts


def by_the_letter(stream: str) -> list[Message]:
    """The standard's algorithm, line by line, over the whole stream at once."""
    lines = stream.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, data, name, last_id = [], "", "", ""
    for line in lines[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append((name or "message", data.removesuffix("\n"), last_id))
            data = name = ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


PIECES = [
    "data: x",
    "data: y",
    "data:",
    "data",
    "event: a",
    "event:b",
    "id: 1",
    "id",
    ":",
    ": c",
    "x",
    "é😀",
    "\ufeff",
]
ENDS = ["\n", "\n", "\n\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r", ""]


@settings(max_examples=400)
@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(ENDS)), max_size=14),
    st.lists(st.integers(0, 120), max_size=5),
)
def test_whatever_the_lines_and_the_cuts_it_is_what_the_standard_says(
    lines: list[tuple[str, str]], cuts: list[int]
) -> None:
    """The decoder takes short ways through frequent shapes; none of them may show."""
    text = "".join(line + end for line, end in lines)
    stream = text.encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    assert decoded(*(stream[start:stop] for start, stop in pairwise(places))) == by_the_letter(text)


def test_what_is_wrong_in_the_middle_of_whole_blocks_harms_no_other() -> None:
    stream = b"data: a\n\ndata: \xff\n\ndata: \xe2\x82\n\ndata: b\n\n"

    assert [data for _, data, _ in decoded(b"\n", stream)] == ["a", "\ufffd", "\ufffd", "b"]
