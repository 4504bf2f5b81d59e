"""The SSE decoder against the WHATWG HTML standard, section 9.2.6, at every cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locustfiles.load.framing import Message
from locustfiles.load.sse import SseDecoder


def decoded(*pieces: bytes) -> list[Message]:
    decoder = SseDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    return events


def message(data: str, event: str = "message", last_id: str = "") -> Message:
    return event, data, last_id


CASES: dict[str, tuple[bytes, list[Message]]] = {
    "an event ends at its blank line": (b"data: x\n\n", [message("x")]),
    "CRLF ends lines": (b"data: x\r\n\r\ndata: y\r\n\r\n", [message("x"), message("y")]),
    "CR alone ends lines": (b"data: x\r\rdata: y\r\r", [message("x"), message("y")]),
    "line ends may be mixed": (
        b"data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r",
        [message("a\nb\nc"), message("d")],
    ),
    "LF CR is two line ends": (b"data: x\n\rdata: y\n\n", [message("x"), message("y")]),
    "no space after the colon": (b"data:x\n\n", [message("x")]),
    "only one space is taken": (b"data:  x \n\n", [message(" x ")]),
    "a tab is data": (b"data:\tx\n\n", [message("\tx")]),
    "several data lines are joined": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [message("YHOO\n+2\n10")]),
    "empty data lines count": (b"data\n\ndata\ndata\n\ndata:\n\n", [message(""), message("\n"), message("")]),
    "a block without data dispatches nothing": (
        b"event: x\nid: 1\n\ndata: y\n\n",
        [message("y", "message", "1")],
    ),
    "an event name holds for one block": (
        b"event: a\ndata: x\n\ndata: y\n\n",
        [message("x", "a"), message("y")],
    ),
    "the last event name counts": (b"event: a\nevent: b\ndata: x\n\n", [message("x", "b")]),
    "an empty event name is message": (b"event: a\nevent:\ndata: x\n\n", [message("x")]),
    "comments are ignored": (b": ping\n\n:\n\n:data: no\ndata: x\n: data: y\n\n", [message("x")]),
    "an id stays": (
        b"id: 1\ndata: x\n\ndata: y\n\nid\ndata: z\n\n",
        [message("x", last_id="1"), message("y", last_id="1"), message("z")],
    ),
    "an id with NUL is ignored": (b"id: 1\nid: 2\0\ndata: x\n\n", [message("x", last_id="1")]),
    "unknown fields are ignored": (
        b"foo: bar\n data: no\nDATA: no\ndatax: no\ndata : no\ndata: x\n\n",
        [message("x")],
    ),
    "a BOM at the start is dropped": (b"\xef\xbb\xbfdata: x\n\n", [message("x")]),
    "only one BOM is dropped": (b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\n", []),
    "a BOM later is part of its line": (
        b"data: x\n\n\xef\xbb\xbfdata: y\n\ndata: z\n\n",
        [message("x"), message("z")],
    ),
    "half a BOM is no BOM": (b"\xef\xbbdata: x\n\ndata: y\n\n", [message("y")]),
    "an unterminated last block is dropped": (b"data: x\n\ndata: y\n", [message("x")]),
    "an unterminated last line is dropped": (b"data: x\n\ndata: y", [message("x")]),
    "U+2028, U+2029, U+0085, VT and FF end no line": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n".encode(),
        [message("a\u2028b\u2029c\u0085d\x0be\x0cf")],
    ),
    "characters of many bytes survive": ("data: å€😀\n\n".encode(), [message("å€😀")]),
    "bytes that are no UTF-8 are replaced": (b"data: a\xffb\xe2\x82\n\n", [message("a\ufffdb\ufffd")]),
    "data may look like fields": (b"data: data: x\ndata: :y\n\n", [message("data: x\n:y")]),
    "nothing": (b"", []),
    "blank lines alone": (b"\n\r\n\r\n\n", []),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES.keys())
def test_the_standard_is_followed_at_every_cut(data: bytes, expected: list[Message]) -> None:
    """Whole, in two pieces at each place, in three at each pair of places, and byte by byte."""
    assert decoded(data) == expected
    assert decoded(*(data[i : i + 1] for i in range(len(data)))) == expected
    for first in range(len(data) + 1):
        assert decoded(data[:first], data[first:]) == expected
        for second in range(first, len(data) + 1):
            assert decoded(data[:first], data[first:second], data[second:]) == expected


def test_an_event_is_not_held_back_for_a_line_feed_that_may_follow() -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"data: x\r\n\r") == [message("x")]
    assert decoder.feed(b"\ndata: y\r\r") == [message("y")]
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\n") == []


@pytest.mark.parametrize(("line", "expected"), [(b"3000", 3000), (b"-1", None), (b"1.5", None), (b"", None)])
def test_retry_takes_digits_only_and_dispatches_nothing(line: bytes, expected: int | None) -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"retry: " + line + b"\n\n") == []
    assert decoder.retry_ms == expected


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
