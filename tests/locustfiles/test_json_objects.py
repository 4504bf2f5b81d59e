"""Finding JSON objects in a stream that parts them by nothing in particular, at every cut."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.load.json_objects import JsonObjects


def found(*pieces: bytes) -> tuple[list[str], str | None, bool]:
    """The objects, the fault, and whether the last one was cut off."""
    objects = JsonObjects()
    messages = [message for piece in pieces for message in objects.feed(piece)]
    messages += objects.close()
    return [data for _, data, _ in messages], objects.fault, objects.is_cut


CASES: dict[str, tuple[bytes, list[str]]] = {
    "one": (b'{"a":1}', ['{"a":1}']),
    "nothing between": (b"{}{}{}", ["{}"] * 3),
    "white space between": (b' {"a":1}\r\n\t{"a":2} \n', ['{"a":1}', '{"a":2}']),
    "an array": (b'[{"a":1},\n{"a":2}]\n', ['{"a":1}', '{"a":2}']),
    "an empty array": (b"[]", []),
    "record separators": (b'\x1e{"a":1}\n\x1e{"a":2}\n', ['{"a":1}', '{"a":2}']),
    "a BOM": (b'\xef\xbb\xbf{"a":1}', ['{"a":1}']),
    "objects in objects": (b'{"a":{"b":{}},"c":[{}]}{}', ['{"a":{"b":{}},"c":[{}]}', "{}"]),
    "braces in strings": (b'{"a":"}{"}{"b":"{"}', ['{"a":"}{"}', '{"b":"{"}']),
    "quotes in strings": (b'{"a":"\\"}"}{}', ['{"a":"\\"}"}', "{}"]),
    "backslashes in strings": (b'{"a":"\\\\"}{"b":"\\\\\\""}', ['{"a":"\\\\"}', '{"b":"\\\\\\""}']),
    "braces in keys": (b'{"}":1}{}', ['{"}":1}', "{}"]),
    "characters of many bytes": ('{"å":"😀"}'.encode(), ['{"å":"😀"}']),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES.keys())
def test_objects_are_the_same_at_every_cut(stream: bytes, expected: list[str]) -> None:
    assert found(stream) == (expected, None, False)
    assert found(*(stream[i : i + 1] for i in range(len(stream)))) == (expected, None, False)
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            pieces = stream[:first], stream[first:second], stream[second:]
            assert found(*pieces) == (expected, None, False)


@pytest.mark.parametrize("stream", [b"<html>", b"null", b"{}x{}", b'"a"{}', b"[1]", b"{}}"])
def test_what_stands_where_an_object_should_begin_is_a_fault(stream: bytes) -> None:
    for cut in range(len(stream) + 1):
        objects, fault, _ = found(stream[:cut], stream[cut:])
        assert fault == "neither an event nor a separator where the next event begins"
        assert objects == ["{}"] * stream.startswith(b"{}")


@pytest.mark.parametrize("tail", [b"{", b'{"a":', b'{"a":"}', b'{"a":{}', b'{"a":"\\'])
def test_an_object_without_its_end_is_cut_off(tail: bytes) -> None:
    stream = b"{}" + tail
    for cut in range(len(stream) + 1):
        assert found(stream[:cut], stream[cut:]) == (["{}"], None, True)


KEYS = st.text('"\\{}a', max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(KEYS, JSON, max_size=3), max_size=4), st.data())
def test_any_objects_survive_any_cuts(documents: list[dict[str, object]], draw: st.DataObject) -> None:
    data = "".join(json.dumps(one) for one in documents).encode()
    cut = draw.draw(st.integers(0, len(data)))
    objects, fault, is_cut = found(data[:cut], data[cut:])

    assert [json.loads(one) for one in objects] == documents
    assert (fault, is_cut) == (None, False)


def test_an_endless_object_is_kept_up_to_a_limit() -> None:
    objects = JsonObjects(max_event_bytes=100_000)
    tracemalloc.start()
    try:
        before = objects.feed(b'{"a":1}{"b":"')
        after = [message for _ in range(10_000) for message in objects.feed(b"x" * 1000)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [data for _, data, _ in before] == ['{"a":1}']
    assert after == []
    assert objects.fault == "an event longer than max_event_bytes = 100000"
    assert objects.feed(b'"}{"c":1}') == []
    assert peak_bytes < 1_000_000


def test_endless_white_space_is_kept_nowhere() -> None:
    """A service may send it to keep a connection alive."""
    objects = JsonObjects(max_event_bytes=100_000)
    for _ in range(2000):
        assert objects.feed(b" \n" * 500) == []

    assert [data for _, data, _ in objects.feed(b'{"a":1}')] == ['{"a":1}']
