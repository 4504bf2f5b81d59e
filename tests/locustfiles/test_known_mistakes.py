"""Mistakes that load tests of token streams are known for: each is here, and is not made."""

import json
from collections.abc import Iterable

import pytest

from analysis.endpoint import Dialect, Expectation
from analysis.failure import FailureKind
from locustfiles.load.dialect import decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.expectation import AnswerCheck
from locustfiles.load.stream_end import settled
from locustfiles.load.text_timer import TextTimer
from tests.locustfiles.dialects.case import bytewise, data, named

MS = 1_000_000
END = b"data: [DONE]\n\n"
CHECK = AnswerCheck(Expectation(min_text_chars=1))


def chunk(content: str | None, **more: object) -> bytes:
    return data({"choices": [{"index": 0, "delta": {"content": content}}], **more})


def heard(*reads: bytes, dialect: Dialect = Dialect.OPENAI_CHAT) -> tuple[TextTimer, FailureKind | None]:
    """What is made of these reads, one each millisecond, followed by the end of the HTTP message."""
    decoder, timer = decoder_for(dialect), TextTimer()
    for number, read in enumerate(reads):
        timer.take(decoder.feed(read, number * MS))
    timer.take(decoder.rest(len(reads) * MS))
    exchange = Exchange(0, status=200)
    exchange.failure = settled(decoder.finish(), None, is_whole=True)
    failure = CHECK.stream_failure(exchange, timer.text)
    return timer, None if failure is None else failure.kind


def first_token_ms(*reads: bytes, dialect: Dialect = Dialect.OPENAI_CHAT) -> float:
    timer, failure = heard(*reads, dialect=dialect)
    assert failure is None
    return timer.timings_us(0, 0)["ttft"] / 1000


def said(reads: Iterable[bytes], dialect: Dialect = Dialect.OPENAI_CHAT) -> tuple[str, FailureKind | None]:
    timer, failure = heard(*reads, dialect=dialect)
    return "".join(timer.text), failure


def test_the_chunk_that_names_the_role_is_not_the_first_token() -> None:
    """It comes before the first token is computed, so a time to it tells nothing of the model."""
    role = data({"choices": [{"delta": {"role": "assistant", "content": ""}}]})

    assert first_token_ms(role, chunk(None), chunk("Hi"), END) == 2


def test_a_chunk_with_choices_and_no_text_is_not_the_first_token() -> None:
    usage = data({"choices": [], "usage": {"completion_tokens": 0}})

    assert first_token_ms(data({"choices": [{}]}), usage, chunk("Hi"), END) == 2


def test_thinking_is_not_the_first_token() -> None:
    thinking = data({"choices": [{"delta": {"reasoning_content": "Hm."}}]})

    assert first_token_ms(thinking, thinking, chunk("Hi"), END) == 2


def test_stages_and_citations_are_not_the_first_token() -> None:
    """A RAG service sends them first; they have a metric of their own."""
    reads = (
        named("stage", {"name": "embed", "ms": 1}),
        named("citation", {"id": 1}),
        named("token", {"text": ""}),
        named("token", {"text": "Hi"}),
        named("done", {}),
    )
    timer, failure = heard(*reads, dialect=Dialect.RAG_EVENTS)

    assert failure is None
    assert timer.timings_us(0, 0) == {"first_event": 0, "ttft": 3000, "ttft_service": 3000}


def test_a_comment_is_no_event_and_not_the_first_token() -> None:
    assert first_token_ms(b": processing\n\n", b": processing\n\n", chunk("Hi"), END) == 2


def test_a_comment_in_a_read_of_its_own_takes_no_event_with_it() -> None:
    reads = [chunk("a"), b": ping\n", chunk("b"), b": ping\n\n", chunk("c") + b": ping\n", chunk("d"), END]

    assert said(reads) == ("abcd", None)


def test_names_and_ids_before_the_data_lose_no_event() -> None:
    reads = [b"id: 1\nevent: chunk\nretry: 5\n" + chunk("a"), b"event: chunk\n" + chunk("b"), END]

    assert said(reads) == ("ab", None)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("prefix", ["data: ", "data:"])
def test_data_without_a_space_and_any_line_end_lose_no_event(prefix: str, end: str) -> None:
    """Cut at each byte as well: an event is neither lost nor late for its line ends."""
    events = [json.dumps({"choices": [{"delta": {"content": word}}]}) for word in ("a", " b", "\n")]
    stream = "".join(f"{prefix}{event}{end}{end}" for event in [*events, "[DONE]"]).encode()

    assert said([stream]) == ("a b\n", None)
    assert said(bytewise(stream)) == ("a b\n", None)


def test_line_ends_may_change_within_a_stream() -> None:
    """As behind a proxy that writes its own events between those of the service."""
    crlf = chunk("b").replace(b"\n", b"\r\n")

    assert said([chunk("a") + crlf + chunk("c") + b": ping\r\n\r\n" + crlf + END]) == ("abcb", None)


def test_data_over_several_lines_is_one_document() -> None:
    pretty = json.dumps({"choices": [{"delta": {"content": "Hi"}}]}, indent=1)
    event = "".join(f"data: {line}\n" for line in pretty.split("\n")) + "\n"

    assert said([event.encode(), END]) == ("Hi", None)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
@pytest.mark.parametrize("dialect", [Dialect.OPENAI_CHAT, Dialect.OLLAMA])
def test_what_unicode_takes_for_a_line_end_cuts_no_json(dialect: Dialect, separator: str) -> None:
    """`str.splitlines` would cut here; U+2028 stands in JSON as it is."""
    word = json.dumps(f"a{separator}b", ensure_ascii=False)
    if dialect is Dialect.OLLAMA:
        reads = [f'{{"response":{word}}}\n'.encode(), b'{"done":true}\n']
    else:
        reads = [f'data: {{"choices":[{{"delta":{{"content":{word}}}}}]}}\n\n'.encode(), END]

    assert said(reads, dialect) == (f"a{separator}b", None)


@pytest.mark.parametrize("dialect", [Dialect.OPENAI_CHAT, Dialect.OLLAMA, Dialect.TEXT_STREAM])
def test_a_character_that_two_reads_share_survives(dialect: Dialect) -> None:
    """Decoded read by read it would become two signs of replacement."""
    text = "é€😀"
    stream = {
        Dialect.OPENAI_CHAT: f'data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}\n\n'.encode() + END,
        Dialect.OLLAMA: f'{{"response":"{text}"}}\n{{"done":true}}\n'.encode(),
        Dialect.TEXT_STREAM: text.encode(),
    }[dialect]
    for cut in range(len(stream)):
        assert said([stream[:cut], stream[cut:]], dialect) == (text, None)
    assert said(bytewise(stream), dialect) == (text, None)


def test_half_a_character_as_an_escape_breaks_neither_text_nor_size() -> None:
    """Servers that cut text by its UTF-16 send the halves in two events."""
    halves = (
        b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
        (b'data: {"choices":[{"delta":{"content":"\\ude00"}}]}\n\n'),
    )
    timer, failure = heard(*halves, END)

    assert failure is None
    assert timer.text_bytes == len("😀".encode())
    expecting = AnswerCheck(Expectation(contains=("😀",)))
    assert expecting.stream_failure(Exchange(0, status=200), timer.text) is None


def test_white_space_at_the_edges_of_reads_is_part_of_the_answer() -> None:
    words = [" a", "b ", "\n", "  ", "\tc\n\n"]

    assert said([*map(chunk, words), END]) == ("".join(words), None)
    assert said([word.encode() for word in words], Dialect.TEXT_STREAM) == ("".join(words), None)


def test_events_of_one_read_all_count_and_no_gap_is_made_up_between_them() -> None:
    """They share the read's stamp; how many did is told beside the gaps."""
    timer, failure = heard(chunk("a"), chunk("b") + chunk("c") + chunk("d"), chunk("e") + END)

    assert failure is None
    assert "".join(timer.text) == "abcde"
    assert list(timer.gaps_us) == [1000, 0, 0, 1000]
    assert timer.coalesced == 2


def test_a_gap_is_between_events_not_between_reads() -> None:
    """An event that came in three reads has the stamp of the last, and the reads between are no gaps."""
    event = chunk("b")

    timer, _ = heard(chunk("a"), event[:5], event[5:20], event[20:], chunk("c"), END)

    assert list(timer.gaps_us) == [3000, 1000]


def test_an_event_is_there_with_its_blank_line_whatever_follows() -> None:
    """Not when a buffer of 512 or 1024 bytes is full, and not when the next event begins."""
    decoder = decoder_for(Dialect.OPENAI_CHAT)

    assert [event.text for event in decoder.feed(chunk("a"), 1)] == ["a"]
    assert decoder.feed(b"data: {}", 2) == []
    assert [event.text for event in decoder_for(Dialect.OLLAMA).feed(b'{"response":"a"}\n', 1)] == ["a"]
    assert [event.text for event in decoder_for(Dialect.TEXT_STREAM).feed(b"a", 1)] == ["a"]


def test_an_event_longer_than_any_read_survives() -> None:
    """Line readers give up at 64 KiB."""
    text = "long " * 60_000
    stream = chunk(text) + END

    assert said([stream[at : at + 65_536] for at in range(0, len(stream), 65_536)]) == (text, None)


def test_one_token_has_a_first_token_and_no_time_per_token() -> None:
    timer, _ = heard(chunk("a"), END)

    assert timer.timings_us(0, 0) == {"first_event": 0, "ttft": 0, "ttft_service": 0}


def test_events_are_not_taken_for_tokens_when_the_service_counts_these() -> None:
    """Speculative decoding sends several tokens an event; the first event's one token is left out."""
    usage = data({"choices": [], "usage": {"completion_tokens": 9}})
    timer, _ = heard(chunk("a b c"), chunk("d e f"), chunk("g h i"), usage, END)

    assert timer.timings_us(0, 0)["tpot"] == 250
    assert list(timer.gaps_us) == [1000, 1000]


def test_a_broken_event_takes_no_other_of_its_read_with_it_and_is_a_failure() -> None:
    assert said([chunk("a") + data("{broken") + chunk("b") + END]) == ("ab", FailureKind.PROTOCOL)


ERRORS = {
    "an error object": [data({"error": {"message": "overloaded", "code": 503}})],
    "an error object after text": [chunk("Hi"), data({"error": {"message": "overloaded"}})],
    "an error object, and then the end mark": [chunk("Hi"), data({"error": {"code": "x"}}), END],
    "an error and choices": [chunk("Hi"), chunk("", error={"code": 502}), END],
    "an error that is a word": [chunk("Hi"), data({"error": "overloaded"}), END],
    "an object called error": [data({"object": "error", "message": "overloaded", "code": 400}), END],
    "an event called error": [chunk("Hi"), b"event: error\n" + data({"message": "overloaded"}), END],
    "an event called error with text": [chunk("Hi"), b"event: error\n" + chunk("overloaded"), END],
    "an error after the end mark": [chunk("Hi"), END, data({"error": {"code": "x"}})],
}


@pytest.mark.parametrize("reads", ERRORS.values(), ids=ERRORS.keys())
def test_an_error_inside_a_200_is_a_failure(reads: list[bytes]) -> None:
    assert heard(*reads)[1] is FailureKind.STREAM_ERROR


ENDLESS = {
    "no byte": [],
    "an error as a body of its own": [b'{"error":{"message":"overloaded"}}'],
    "a page": [b"<!doctype html><title>Bad gateway</title>\n\n"],
    "no end mark": [chunk("Hi")],
    "no end mark, but usage": [chunk("Hi"), data({"choices": [], "usage": {"completion_tokens": 1}})],
    "a reason to finish, but no end mark": [data({"choices": [{"delta": {}, "finish_reason": "stop"}]})],
    "an end mark that nothing ends": [chunk("Hi"), b"data: [DONE]"],
    "an end mark without its blank line": [chunk("Hi"), b"data: [DONE]\n"],
    "text that nothing ends": [chunk("Hi"), chunk(" there")[:-1]],
    "an end mark in the text": [chunk("[DONE]")],
}


@pytest.mark.parametrize("reads", ENDLESS.values(), ids=ENDLESS.keys())
def test_the_end_of_the_file_is_not_the_end_of_the_answer(reads: list[bytes]) -> None:
    """The server ends its HTTP message well; that alone makes no success."""
    assert heard(*reads)[1] is FailureKind.VALIDATION


@pytest.mark.parametrize(
    ("dialect", "reads"),
    [
        (Dialect.OPENAI_CHAT, [END]),
        (Dialect.OPENAI_CHAT, [chunk(""), chunk(None), END]),
        (Dialect.RAG_EVENTS, [named("token", {"text": ""}), named("done", {"tokens": 5})]),
        (Dialect.ANTHROPIC, [data({"type": "message_stop"})]),
        (Dialect.OLLAMA, [b'{"response":"","done":true,"eval_count":3}\n']),
        (Dialect.SUTAZAI, [data({"type": "end", "full_response": ""})]),
        (Dialect.TEXT_STREAM, []),
    ],
)
def test_an_answer_without_a_token_is_no_success(dialect: Dialect, reads: list[bytes]) -> None:
    """It ended as it should, perhaps with a count of tokens; it says nothing all the same."""
    assert heard(*reads, dialect=dialect)[1] is FailureKind.VALIDATION
