"""The stream dialects: what each event means, and what a proper end is."""

import json
from collections.abc import Sequence
from random import Random

import pytest

from analysis.endpoint import Dialect
from analysis.failure import Failure, FailureKind
from locustfiles.load import openai_chat, rag_events
from locustfiles.load.dialect import EventKind, StreamEvent, decoder_for

Plain = tuple[str, object]


def decoded(dialect: Dialect, *pieces: bytes) -> tuple[list[StreamEvent], Failure | None]:
    decoder = decoder_for(dialect)
    events = [event for piece in pieces for event in decoder.feed(piece, 7)]
    return events, decoder.finish()


def plain(events: Sequence[StreamEvent]) -> list[Plain]:
    """Kind and the one thing that this kind carries."""
    return [(event.kind.value, _carried(event)) for event in events]


def _carried(event: StreamEvent) -> object:
    match event.kind:
        case EventKind.TEXT:
            return event.text
        case EventKind.STAGE:
            return (event.name, event.duration_us)
        case EventKind.USAGE | EventKind.DONE:
            return event.tokens
        case EventKind.ERROR:
            return event.name
        case _:
            return None


def named(name: str, content: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


def data(content: object) -> bytes:
    return f"data: {content if isinstance(content, str) else json.dumps(content)}\n\n".encode()


def chat(delta: object, **more: object) -> bytes:
    return data({"choices": [{"index": 0, "delta": delta}], **more})


def xnai(content: object, separator: str = "\\n\\n") -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}{separator}".encode()


DONE = ("done", None)
TRICKY = 'a\\n\\ndata: {"type": "token"} } "quoted\\" é😀\n\n\\'
STREAMS: dict[str, tuple[Dialect, bytes, list[Plain], FailureKind | None]] = {
    "rag-events: a whole answer": (
        Dialect.RAG_EVENTS,
        named("stage", {"name": "embed", "ms": 1.5})
        + named("citation", {"id": "p1", "title": "t", "score": 0.5})
        + named("token", {"text": ""})
        + named("token", {"text": "Hello"})
        + named("token", {"text": " wörld"})
        + named("done", {"tokens": 2, "timings_ms": {"embed": 1.5, "generate": 20}}),
        [
            ("stage", ("embed", 1500.0)),
            ("citation", None),
            ("other", None),
            ("text", "Hello"),
            ("text", " wörld"),
            ("stage", ("generate", 20_000.0)),
            ("done", 2),
        ],
        None,
    ),
    "rag-events: an error event": (
        Dialect.RAG_EVENTS,
        named("token", {"text": "Hel"}) + named("error", {"code": "llm_down", "message": "host 10.0.0.1"}),
        [("text", "Hel"), ("error", "llm_down")],
        FailureKind.STREAM_ERROR,
    ),
    "rag-events: an error without JSON": (
        Dialect.RAG_EVENTS,
        b"event: error\ndata: boom\n\n",
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "rag-events: done is missing": (
        Dialect.RAG_EVENTS,
        named("token", {"text": "Hel"}),
        [("text", "Hel")],
        FailureKind.TRUNCATED,
    ),
    "rag-events: done without its blank line": (
        Dialect.RAG_EVENTS,
        named("token", {"text": "Hel"}) + b'event: done\ndata: {"tokens": 1}\n',
        [("text", "Hel")],
        FailureKind.TRUNCATED,
    ),
    "rag-events: two ends": (
        Dialect.RAG_EVENTS,
        named("done", {}) * 2,
        [DONE, DONE],
        FailureKind.PROTOCOL,
    ),
    "rag-events: text after the end": (
        Dialect.RAG_EVENTS,
        named("done", {}) + named("token", {"text": "x"}),
        [DONE, ("text", "x")],
        FailureKind.PROTOCOL,
    ),
    "rag-events: a comment after the end": (
        Dialect.RAG_EVENTS,
        named("done", {}) + b": bye\n\n",
        [DONE],
        None,
    ),
    "rag-events: token without JSON": (
        Dialect.RAG_EVENTS,
        b"event: token\ndata: Hel\n\n" + named("done", {}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "rag-events: token without text": (
        Dialect.RAG_EVENTS,
        named("token", {"txt": "Hel"}) + named("done", {}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "rag-events: unknown events": (
        Dialect.RAG_EVENTS,
        named("heartbeat", 1) + data("x") + named("done", {"tokens": True}),
        [("other", None), ("other", None), DONE],
        None,
    ),
    "rag-events: a page instead of a stream": (
        Dialect.RAG_EVENTS,
        b"<html>\n\n<body>\n\n",
        [],
        FailureKind.TRUNCATED,
    ),
    "rag-events: nothing": (Dialect.RAG_EVENTS, b"", [], FailureKind.TRUNCATED),
    "openai-chat: a whole answer": (
        Dialect.OPENAI_CHAT,
        chat({"role": "assistant", "content": ""})
        + chat({"reasoning_content": "hm"})
        + chat({"content": "Hi"}, usage=None)
        + chat({"content": " there"})
        + chat({}, error=None)
        + data({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
        + data("[DONE]"),
        [
            ("other", None),
            ("other", None),
            ("text", "Hi"),
            ("text", " there"),
            ("other", None),
            ("usage", 2),
            DONE,
        ],
        None,
    ),
    "openai-chat: usage with each chunk": (
        Dialect.OPENAI_CHAT,
        chat({"content": "Hi"}, usage={"completion_tokens": 1}) + data("[DONE]"),
        [("text", "Hi"), ("usage", 1), DONE],
        None,
    ),
    "openai-chat: no space before the end mark": (Dialect.OPENAI_CHAT, b"data:[DONE]\r\n\r\n", [DONE], None),
    "openai-chat: no end mark": (
        Dialect.OPENAI_CHAT,
        chat({"content": "Hi"}),
        [("text", "Hi")],
        FailureKind.TRUNCATED,
    ),
    "openai-chat: an error object in a 200": (
        Dialect.OPENAI_CHAT,
        chat({"content": "Hi"})
        + data({"error": {"message": "key sk-1", "type": "server_error"}})
        + data("[DONE]"),
        [("text", "Hi"), ("error", "server_error"), DONE],
        FailureKind.STREAM_ERROR,
    ),
    "openai-chat: an error event": (
        Dialect.OPENAI_CHAT,
        named("error", "boom"),
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "openai-chat: no JSON": (
        Dialect.OPENAI_CHAT,
        data("nonsense") + data("[DONE]"),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "openai-chat: strange shapes": (
        Dialect.OPENAI_CHAT,
        data({"choices": [1, {"delta": 2}, {}]}) + data({"choices": {}}) + data("[DONE]"),
        [("other", None), ("other", None), DONE],
        None,
    ),
    "xnai: a whole answer": (
        Dialect.XNAI,
        xnai({"type": "sources", "sources": ["a", "b"]})
        + xnai({"type": "token", "content": ""})
        + xnai({"type": "token", "content": TRICKY})
        + xnai({"type": "done", "tokens": 1, "latency_ms": 12.5}),
        [
            ("citation", None),
            ("other", None),
            ("text", TRICKY),
            ("stage", ("generate", 12_500.0)),
            ("done", 1),
        ],
        None,
    ),
    "xnai: real line ends": (
        Dialect.XNAI,
        xnai({"type": "token", "content": "Hi"}, "\n\n") + xnai({"type": "done"}, "\r\n\r\n"),
        [("text", "Hi"), DONE],
        None,
    ),
    "xnai: an error in a 200": (
        Dialect.XNAI,
        xnai({"type": "error", "error": "cannot reach redis://:pw@host"}),
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "xnai: cut inside an event": (
        Dialect.XNAI,
        xnai({"type": "token", "content": "Hi"}) + b'data: {"type": "done", "tok',
        [("text", "Hi")],
        FailureKind.TRUNCATED,
    ),
    "xnai: no JSON": (Dialect.XNAI, b"data: {nonsense}\\n\\n", [("other", None)], FailureKind.PROTOCOL),
    "xnai: a page instead of a stream": (Dialect.XNAI, b"<html>", [], FailureKind.PROTOCOL),
    "xnai: a token without content": (
        Dialect.XNAI,
        xnai({"type": "token"}) + xnai({"type": "done"}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "xnai: two ends": (Dialect.XNAI, xnai({"type": "done"}) * 2, [DONE, DONE], FailureKind.PROTOCOL),
    "xnai: unknown types": (
        Dialect.XNAI,
        xnai({"type": "stats", "inner": {"a": {}}}) + xnai({"type": "done"}),
        [("other", None), DONE],
        None,
    ),
    "xnai: nothing": (Dialect.XNAI, b"", [], FailureKind.TRUNCATED),
}


@pytest.mark.parametrize(("dialect", "stream", "expected", "kind"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_means_the_same_at_every_cut(
    dialect: Dialect, stream: bytes, expected: list[Plain], kind: FailureKind | None
) -> None:
    whole, failure = decoded(dialect, stream)
    bytewise, _ = decoded(dialect, *(stream[i : i + 1] for i in range(len(stream))))

    assert plain(whole) == expected
    assert whole == bytewise
    assert (None if failure is None else failure.kind) == kind
    for cut in range(len(stream)):
        assert decoded(dialect, stream[:cut], stream[cut:]) == (whole, failure)


def test_every_proper_prefix_of_a_good_stream_is_truncated() -> None:
    """However much of the answer came, an end of file before the end mark is a failure."""
    good = [(dialect, stream) for dialect, stream, _, kind in STREAMS.values() if kind is None]
    for dialect, stream in good:
        ended = False
        for cut in range(len(stream)):
            events, failure = decoded(dialect, stream[:cut])
            ended = ended or any(event.kind is EventKind.DONE for event in events)
            assert ended == (failure is None)


def test_an_error_keeps_no_message_of_the_service() -> None:
    for dialect, stream, _, kind in STREAMS.values():
        if kind is FailureKind.STREAM_ERROR:
            _, failure = decoded(dialect, stream)
            assert not any(word in str(failure) for word in ("10.0.0.1", "sk-1", "pw", "boom"))


def test_a_long_xnai_event_is_followed_in_linear_time() -> None:
    """Every byte is looked at once; a decoder that starts over at each read would take minutes."""
    event = xnai({"type": "token", "content": '{"\\' * 100_000})
    decoder = decoder_for(Dialect.XNAI)

    events = [found for i in range(0, len(event), 100) for found in decoder.feed(event[i : i + 100], 1)]

    assert [len(found.text) for found in events] == [300_000]


TOKENS = {
    Dialect.OPENAI_CHAT: (
        '{"id":"c","choices":[{"index":0,"delta":{"role":"a","content":"Hi \\n"},"stop":null}],"usage":null}',
        '{"choices":[{"delta":{"content":"\\ud83d\\ude00","tools":[1,2.5e3,{"a":null}]},"x":true}],"error":null}',
    ),
    Dialect.RAG_EVENTS: ('{"text": "Hi \\u00e9é"}', '{"n":[1,-2.5e-3,true,{"a":"b\\\\"}],"text":"x"}'),
}
ODD = [
    *'{}[]",:\\ \x1feE+-.019nulltruefalsé',
    "null",
    '"text"',
    '"content"',
    '"error":{}',
    '"usage":{},',
    "NaN",
]


def mangled(text: str, random: Random) -> str:
    """With a few characters lost, doubled or put in."""
    for _ in range(random.randint(1, 3)):
        at, back = random.randint(0, len(text)), random.randint(0, 6)
        text = random.choice(
            (
                text[: max(0, at - 1)] + text[at:],
                text[:at] + text[max(0, at - back) :],
                text[:at] + random.choice(ODD) + text[at:],
            )
        )
    return text


@pytest.mark.parametrize("dialect", TOKENS)
def test_the_fast_way_to_the_text_takes_nothing_that_the_slow_way_reads_otherwise(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 000 mangled events, of which thousands are still JSON."""
    random = Random(7)
    data = [mangled(random.choice(TOKENS[dialect]), random) for _ in range(20_000)]
    events = [
        f"event: token\ndata: {text}\n\n".encode() for text in data if "\r" not in text and "\n" not in text
    ]
    fast = [decoded(dialect, event) for event in events]
    monkeypatch.setattr(openai_chat, "_text_alone", lambda _: None)
    monkeypatch.setattr(rag_events, "_text", lambda _: None)

    slow = [decoded(dialect, event) for event in events]

    assert fast == slow
    assert sum(bool(found and found[0].text) for found, _ in slow) > 1000
