"""The stream dialects: what each event means, and what a proper end is."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from analysis.endpoint import Dialect, Endpoint
from analysis.failure import Failure, FailureKind
from analysis.target import load_target
from analysis.websocket import WebSocket
from locustfiles.load.dialect import (
    READERS,
    EventKind,
    NewDecoder,
    decoder_for,
    new_decoders,
)
from tests.locustfiles.dialects import (
    anthropic,
    custom,
    ollama,
    openai_chat,
    openai_completions,
    rag_events,
    sutazai,
    xnai,
)
from tests.locustfiles.dialects.case import STAMP_NS, Cases, Plain, bytewise, data, decoded, plain

FIXED: dict[Dialect, Cases] = {
    Dialect.RAG_EVENTS: rag_events.CASES,
    Dialect.OPENAI_CHAT: openai_chat.CASES,
    Dialect.OPENAI_COMPLETIONS: openai_completions.CASES,
    Dialect.ANTHROPIC: anthropic.CASES,
    Dialect.OLLAMA: ollama.CASES,
    Dialect.XNAI: xnai.CASES,
    Dialect.SUTAZAI: sutazai.CASES,
}


@cache
def described(table: str) -> Endpoint:
    """The endpoint of a target file with this table of events."""
    head = 'base_url = "http://h"\n[endpoints.stream]\npath = "/"\nmethod = "POST"\ndialect = "custom"\n'
    with TemporaryDirectory() as folder:
        file = Path(folder) / "target.toml"
        file.write_text(f"{head}[endpoints.stream.events]\n{table}", encoding="utf-8")
        return load_target(str(file)).endpoints["stream"]


Case = tuple[NewDecoder, bytes, Sequence[Plain], FailureKind | None]


def all_cases() -> dict[str, Case]:
    fixed: dict[str, Case] = {
        f"{dialect}: {name}": (partial(decoder_for, dialect), *case)
        for dialect, cases in FIXED.items()
        for name, case in cases.items()
    }
    own: dict[str, Case] = {
        f"custom: {name}": (new_decoders(described(case.table)), *case[1:])
        for name, case in custom.CASES.items()
    }
    return fixed | own


STREAMS = all_cases()


@pytest.mark.parametrize(("new_decoder", "stream", "expected", "kind"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_means_the_same_at_every_cut(
    new_decoder: NewDecoder,
    stream: bytes,
    expected: Sequence[Plain],
    kind: FailureKind | None,
) -> None:
    whole, failure = decoded(new_decoder, stream)

    assert plain(whole) == expected
    assert (None if failure is None else failure.kind) == kind
    assert decoded(new_decoder, *bytewise(stream)) == (whole, failure)
    for cut in range(len(stream)):
        assert decoded(new_decoder, stream[:cut], stream[cut:]) == (whole, failure)


def test_every_proper_prefix_of_a_good_stream_is_truncated() -> None:
    """However much of the answer came, an end of file before the end mark is a failure."""
    good = [
        (new_decoder, stream)
        for new_decoder, stream, expected, kind in STREAMS.values()
        if kind is None and any(event == "done" for event, _ in expected)
    ]
    assert len(good) > len(READERS)
    for new_decoder, stream in good:
        ended = False
        for cut in range(len(stream)):
            events, failure = decoded(new_decoder, stream[:cut])
            ended = ended or any(event.kind is EventKind.DONE for event in events)
            assert ended == (failure is None)


def test_an_error_keeps_no_message_of_the_service() -> None:
    for new_decoder, stream, _, kind in STREAMS.values():
        if kind is FailureKind.STREAM_ERROR:
            _, failure = decoded(new_decoder, stream)
            assert not any(word in str(failure) for word in ("10.0.0.1", "sk-1", "pw", "boom", "defined"))


def test_a_long_xnai_event_is_followed_in_linear_time() -> None:
    """Every byte is looked at once; a decoder that starts over at each read would take minutes."""
    event = xnai.xnai({"type": "token", "content": '{"\\' * 100_000})
    decoder = decoder_for(Dialect.XNAI)

    events = [found for i in range(0, len(event), 100) for found in decoder.feed(event[i : i + 100], 1)]

    assert [len(found.text) for found in events] == [300_000]


@pytest.mark.parametrize("dialect", [*FIXED, Dialect.TEXT_STREAM])
def test_a_decoder_keeps_no_more_than_the_limit_of_an_endless_event(dialect: Dialect) -> None:
    """Without its end nothing of it can be used, so the stream is lost and its bytes are let go."""
    decoder = decoder_for(dialect, max_event_bytes=100_000)
    begun = b'data: {"type": "token", "content": "' if dialect is not Dialect.OLLAMA else b'{"response": "'
    for _ in range(40):
        for event in decoder.feed(begun if not _ else b"x" * 10_000, 1):
            assert event.kind is EventKind.TEXT
        if decoder.is_lost:
            break
    failure = decoder.finish()

    assert decoder.is_lost == (dialect is not Dialect.TEXT_STREAM)
    assert decoder.feed(b"y" * 1000 + b"\n\n", 1) == [] or not decoder.is_lost
    if failure is not None:
        assert failure.kind is FailureKind.PROTOCOL
        assert failure.detail == "an event longer than max_event_bytes = 100000"


def test_the_text_of_a_text_stream_is_what_was_sent_at_every_cut() -> None:
    """An event is what one read brought; half a character waits for its other half."""
    for stream, text in {
        "Héllo 😀\u2028\n".encode(): "Héllo 😀\u2028\n",
        b"\xef\xbb\xbfa\xef\xbb\xbf": "a\ufeff",
        b"a\xff\xe2\x82": "a\ufffd\ufffd",
        b"": "",
    }.items():
        new_decoder = partial(decoder_for, Dialect.TEXT_STREAM)
        for cut in range(len(stream) + 1):
            events, failure = decoded(new_decoder, stream[:cut], stream[cut:])
            assert "".join(event.text for event in events) == text
            assert all(event.text and event.kind is EventKind.TEXT for event in events)
            assert failure is None
        assert "".join(event.text for event in decoded(new_decoder, *bytewise(stream))[0]) == text


def test_each_dialect_that_has_messages_reads_them_without_a_stream_around_them() -> None:
    """As a WebSocket brings them: one message at each call."""
    endpoint = Endpoint("chat", "WS", "/ws", Dialect.SUTAZAI, websocket=WebSocket())
    decoder = new_decoders(endpoint)()
    said = [
        '{"type": "connection"}',
        '{"type": "stream_chunk", "content": "H\u00e9"}',
        '{"type": "stream_end"}',
    ]

    events = [event for message in said for event in decoder.feed(message.encode(), STAMP_NS)]

    assert plain(events) == [("other", None), ("text", "Hé"), ("done", None)]
    assert decoder.finish() is None
    for dialect in READERS:
        assert new_decoders(replace(endpoint, dialect=dialect))().feed(b"{}", STAMP_NS)
    table = described('text = "t"\ndone = { when.end = true }')
    own = new_decoders(replace(table, websocket=WebSocket()))()
    assert plain(own.feed(b'{"t": "x"}', STAMP_NS)) == [("text", "x")]


def test_single_fields_of_an_event_are_stages_where_the_endpoint_names_them() -> None:
    """Of a service that has no object of stages, in events that bring more than text."""
    table = described('text = "t"\ndone = { when.end = true }')
    new = new_decoders(replace(table, stage_json={"search": "ms.search", "model": "model_ms"}))
    stream = data({"t": "Hi"}) + data({"end": True, "ms": {"search": 2}, "model_ms": 30.5})

    events, failure = decoded(new, stream)

    assert failure is None
    assert plain(events) == [
        ("text", "Hi"),
        ("stage", ("search", 2000.0)),
        ("stage", ("model", 30_500.0)),
        ("done", None),
    ]


TOKENS = {
    Dialect.OPENAI_CHAT: (
        '{"id":"c","choices":[{"index":0,"delta":{"role":"a","content":"Hi \\n"},"stop":null}],"usage":null}',
        '{"choices":[{"delta":{"content":"\\ud83d\\ude00","tools":[1,2.5e3,{"a":null}]},"x":true}],"error":null}',
    ),
    Dialect.OPENAI_COMPLETIONS: (
        '{"choices":[{"text":"Hi","index":0,"delta":{"content":"no"}}],"usage":null}',
        '{"choices":[{"logprobs":null,"text":"x"}],"error":null}',
    ),
    Dialect.RAG_EVENTS: ('{"text": "Hi \\u00e9é"}', '{"n":[1,-2.5e-3,true,{"a":"b\\\\"}],"text":"x"}'),
    Dialect.ANTHROPIC: (
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
        '{"delta":{"text":"x","type":"text_delta"},"type":"content_block_delta"}',
    ),
    Dialect.OLLAMA: (
        '{"message":{"role":"assistant","content":"Hi"},"done":false}',
        '{"response":"x","done":false,"error":null}',
    ),
    Dialect.SUTAZAI: (
        '{"type":"token","content":"Hi"}',
        '{"content":"x","type":"stream_chunk","done":false}',
    ),
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
    """10 000 mangled messages, of which thousands are still JSON."""
    random = Random(7)
    messages = [("token", mangled(random.choice(TOKENS[dialect]), random)) for _ in range(10_000)]

    def read() -> list[tuple[list[Plain], Failure | None]]:
        found = []
        for name, message in messages:
            reader = READERS[dialect]()
            text = reader.text(name, message)
            events: list[Plain] = [("text", text)] if text else plain(reader.events(name, message, STAMP_NS))
            found.append((events, reader.end.finish()))
        return found

    fast = read()
    monkeypatch.setattr(READERS[dialect], "text", lambda *_: None)
    slow = read()

    assert fast == slow
    assert sum(bool(events and events[0][0] == "text") for events, _ in slow) > 300
