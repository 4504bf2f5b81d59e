"""The decoder of newline-delimited JSON: one message a line, at every cut."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.load.ndjson import NdjsonDecoder


def decoded(*pieces: bytes) -> tuple[list[str], bool]:
    """The lines, and whether the last one was cut off."""
    decoder = NdjsonDecoder()
    messages = [message for piece in pieces for message in decoder.feed(piece)]
    messages += decoder.close()
    assert all((name, last_id) == ("message", "") for name, _, last_id in messages)
    return [data for _, data, _ in messages], decoder.is_cut


CASES: dict[str, tuple[bytes, list[str]]] = {
    "one line": (b'{"a":1}\n', ['{"a":1}']),
    "two lines": (b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
    "a hundred lines": (b'{"a":1}\n' * 100, ['{"a":1}'] * 100),
    "the last line end missing": (b'{"a":1}\n{"a":2}', ['{"a":1}', '{"a":2}']),
    "one line without its end": (b'{"a":1}', ['{"a":1}']),
    "CRLF leaves white space, which JSON allows": (b'{"a":1}\r\n{"a":2}\r\n', ['{"a":1}\r', '{"a":2}\r']),
    "CR alone ends no line": (b'{"a":1}\r{"a":2}\n', ['{"a":1}\r{"a":2}']),
    "empty lines are none": (b'\n\n{"a":1}\n\r\n \t\n{"a":2}\n\n', ['{"a":1}', '{"a":2}']),
    "U+2028, U+2029, U+0085, VT and FF end no line": (
        '"a\u2028b\u2029c\u0085d\x0be\x0cf"\n'.encode(),
        ['"a\u2028b\u2029c\u0085d\x0be\x0cf"'],
    ),
    "a line of U+2028 is one": ("\u2028\n".encode(), ["\u2028"]),
    "characters of many bytes": ('"å€😀"\n'.encode(), ['"å€😀"']),
    "broken characters": (b'"\xff\xe2\x82"\n"b"\n', ['"\ufffd\ufffd"', '"b"']),
    "a BOM at the start is dropped": (b'\xef\xbb\xbf{"a":1}\n', ['{"a":1}']),
    "a BOM later is part of its line": (b'1\n\xef\xbb\xbf{"a":1}\n', ["1", '\ufeff{"a":1}']),
    "the escape of a line end is no line end": (b'"a\\nb"\n', ['"a\\nb"']),
    "what is no JSON is a line as well": (b"<html>\nx\n", ["<html>", "x"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("stream", "lines"), CASES.values(), ids=CASES.keys())
def test_lines_are_the_same_at_every_cut(stream: bytes, lines: list[str]) -> None:
    assert decoded(stream) == (lines, False)
    assert decoded(*(stream[i : i + 1] for i in range(len(stream)))) == (lines, False)
    for first in range(len(stream) + 1):
        assert decoded(stream[:first], stream[first:]) == (lines, False)


@pytest.mark.parametrize("tail", [b'{"a":', b'{"a":1', b"{", b'{"a":"\xe2\x82', b"nul", b"<html>", b"[1]"])
def test_a_last_line_that_is_no_whole_object_is_cut_off(tail: bytes) -> None:
    stream = b'{"a":1}\n' + tail
    for cut in range(len(stream) + 1):
        assert decoded(stream[:cut], stream[cut:]) == (['{"a":1}'], True)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


@given(st.lists(st.dictionaries(TEXT, TEXT, max_size=3), max_size=6), st.data())
def test_any_documents_survive_any_cuts(documents: list[dict[str, str]], draw: st.DataObject) -> None:
    stream = "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in documents).encode()
    cut = draw.draw(st.integers(0, len(stream)))

    assert [json.loads(line) for line in decoded(stream[:cut], stream[cut:])[0]] == documents


def test_an_endless_line_is_kept_up_to_a_limit() -> None:
    decoder = NdjsonDecoder(max_event_bytes=100_000)
    tracemalloc.start()
    try:
        before = decoder.feed(b'{"a":1}\n{"b":"')
        after = [message for _ in range(10_000) for message in decoder.feed(b"x" * 1000)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [data for _, data, _ in before] == ['{"a":1}']
    assert after == []
    assert decoder.fault == "an event longer than max_event_bytes = 100000"
    assert [*decoder.feed(b'"}\n{"c":1}\n'), *decoder.close()] == []
    assert peak_bytes < 1_000_000
