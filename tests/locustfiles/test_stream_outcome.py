"""What becomes of a stream over real sockets: ok, or a failure of one kind, whatever its status was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from analysis.endpoint import Dialect, Endpoint, Expectation, stream_media_type
from analysis.failure import Failure, FailureKind
from locustfiles.load.answer_reading import AnswerReading
from locustfiles.load.dialect import new_decoders
from locustfiles.load.outcome import Outcome
from locustfiles.load.stamp import now_ns
from locustfiles.load.text_timer import TextTimer
from locustfiles.load.wire import WireClient
from tests.locustfiles.dialects.case import named
from tests.locustfiles.dialects.words import CUSTOM, WORDS
from tests.servers.script import LAST_CHUNK, Step, chunk, delay, fin, head, reset, response, send, stall
from tests.servers.truth import Truth

HTML = b"<!doctype html><title>502</title><h1>Bad gateway</h1>\n\n"


def endpoint(dialect: Dialect) -> Endpoint:
    events = CUSTOM if dialect is Dialect.CUSTOM else None
    expect = Expectation(content_type=stream_media_type(dialect, events), min_text_chars=1)
    return Endpoint("stream", "POST", "/s", dialect, events, expect=expect, idle_timeout_s=0.3)


def opened(dialect: Dialect, content_type: str | None = None) -> bytes:
    wanted = content_type or endpoint(dialect).expect.content_type or ""
    return head(200, {"Content-Type": f"{wanted}; charset=utf-8", "Transfer-Encoding": "chunked"})


def whole(dialect: Dialect, *said: bytes, content_type: str | None = None) -> list[Step]:
    """A proper HTTP message with these events."""
    return [send(opened(dialect, content_type)), *(send(chunk(one)) for one in said), send(LAST_CHUNK)]


def begun(dialect: Dialect, *steps: Step) -> list[Step]:
    """A stream that has said something, and these steps."""
    return [send(opened(dialect) + chunk(WORDS[dialect].text)), delay(0.02), *steps]


IN_BAND: Mapping[str, FailureKind] = {
    "an error event": FailureKind.STREAM_ERROR,
    "an error as data": FailureKind.STREAM_ERROR,
    "truncation": FailureKind.TRUNCATED,
    "reset": FailureKind.RESET,
    "no end mark": FailureKind.VALIDATION,
    "an empty answer": FailureKind.VALIDATION,
    "zero tokens": FailureKind.VALIDATION,
    "a stall": FailureKind.TIMEOUT,
    "an HTML page": FailureKind.VALIDATION,
    "status 204": FailureKind.VALIDATION,
    "another content type": FailureKind.VALIDATION,
    "two ends": FailureKind.VALIDATION,
}
"""Failures behind a good status, or none at all."""


def scripted(name: str, dialect: Dialect) -> Sequence[Step]:
    """What the server does to fail so."""
    words = WORDS[dialect]
    return {
        "an error event": whole(dialect, words.text, words.error_event),
        "an error as data": whole(dialect, words.text, words.error_data, words.end),
        "truncation": begun(dialect, fin()),
        "reset": begun(dialect, reset()),
        "no end mark": whole(dialect, words.text),
        "an empty answer": whole(dialect),
        "zero tokens": whole(dialect, words.empty, words.end),
        "a stall": begun(dialect, stall()),
        "an HTML page": [send(response(HTML, headers={"Content-Type": "text/html"}))],
        "status 204": [send(head(204))],
        "another content type": whole(dialect, words.text, words.end, content_type="application/json"),
        "two ends": whole(dialect, words.text, words.end, words.end),
    }[name]


def outcome_of(truth: Truth, asked: Endpoint, steps: Sequence[Step], timeout_s: float = 10.0) -> Outcome:
    """What a user who asks this endpoint gets: decoded, timed and judged as under load."""
    truth.script(asked.path, steps)
    client = WireClient(truth.url)
    decoder, timer = new_decoders(asked)(), TextTimer()
    try:
        request = client.prepare("POST", asked.path, None, b"{}")._replace(
            idle_timeout_s=asked.idle_timeout_s
        )
        stream = client.stream(request, sched_ns=now_ns(), decoder=decoder, timeout_s=timeout_s)
        for events in stream.reads():
            timer.take(events)
    finally:
        client.close()
    return AnswerReading(asked).stream(stream.exchange, timer, decoder.said, "")


@pytest.mark.parametrize("dialect", WORDS)
@pytest.mark.parametrize("name", IN_BAND)
def test_twelve_in_band_failures_are_failures_each_of_its_kind(
    truth: Truth, name: str, dialect: Dialect
) -> None:
    failure = outcome_of(truth, endpoint(dialect), scripted(name, dialect)).failure

    assert failure is not None
    assert failure.kind is IN_BAND[name]


def test_there_are_twelve_and_a_good_stream_is_none_of_them(truth: Truth) -> None:
    assert len(IN_BAND) == 12
    for dialect, words in WORDS.items():
        outcome = outcome_of(truth, endpoint(dialect), whole(dialect, words.text, words.text, words.end))
        assert outcome.failure is None
        assert outcome.text_events == 2


TEXT = Dialect.TEXT_STREAM
PLAIN = endpoint(TEXT)


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (whole(TEXT, b"So ", b"it is."), None),
        ([send(head(200, {"Content-Type": "text/plain"}) + b"So it is."), fin()], None),
        (whole(TEXT), FailureKind.VALIDATION),
        (whole(TEXT, HTML, content_type="text/html"), FailureKind.VALIDATION),
        ([send(head(204))], FailureKind.VALIDATION),
        ([send(opened(TEXT) + chunk(b"So ")), delay(0.02), fin()], FailureKind.TRUNCATED),
        ([send(opened(TEXT) + chunk(b"So ")), delay(0.02), reset()], FailureKind.RESET),
        ([send(opened(TEXT) + chunk(b"So ")), stall()], FailureKind.TIMEOUT),
        ([send(opened(TEXT) + b"no chunk")], FailureKind.PROTOCOL),
    ],
)
def test_a_text_stream_is_good_with_its_text_and_its_http_end(
    truth: Truth, steps: Sequence[Step], kind: FailureKind | None
) -> None:
    failure = outcome_of(truth, PLAIN, steps).failure

    assert (None if failure is None else failure.kind) is kind


RAG = Dialect.RAG_EVENTS
HI, END = WORDS[RAG].text, WORDS[RAG].end


@pytest.mark.parametrize(
    ("steps", "failure"),
    [
        (
            whole(RAG, HI, END, HI),
            Failure(FailureKind.VALIDATION, "text event after the end mark of the stream"),
        ),
        (whole(RAG, HI), Failure(FailureKind.VALIDATION, "stream ended without its end mark")),
        (whole(RAG, HI, END[:-1]), Failure(FailureKind.VALIDATION, "stream ended inside an event")),
        (
            [send(head(200, {"Content-Type": "text/event-stream"}) + HI), fin()],
            Failure(FailureKind.TRUNCATED, "stream ended without its end mark"),
        ),
        (
            begun(RAG, fin()),
            Failure(FailureKind.TRUNCATED, "connection closed before the end of the response"),
        ),
        (
            [send(opened(RAG) + chunk(HI + END)), delay(0.02), fin()],
            Failure(FailureKind.TRUNCATED, "connection closed before the end of the response"),
        ),
        (whole(RAG, END), Failure(FailureKind.VALIDATION, "the answer is empty")),
        (
            whole(RAG, b'event: token\ndata: {"text": " \\n"}\n\n', END),
            Failure(FailureKind.VALIDATION, "the answer is empty"),
        ),
        (begun(RAG, stall()), Failure(FailureKind.TIMEOUT, "nothing came for 0.3 s")),
        (
            begun(RAG, *([send(chunk(b": ping\n\n")), delay(0.05)] * 40)),
            Failure(FailureKind.TIMEOUT, "no complete response within 1 s"),
        ),
        (
            whole(RAG, HI, b"event: token\ndata: {nonsense\n\n", END),
            Failure(FailureKind.PROTOCOL, "token event without a JSON object"),
        ),
        (
            whole(RAG, HI, b"data: ", *([b"x" * 50_000] * 30), b"\n\n", END),
            Failure(FailureKind.PROTOCOL, "an event longer than max_event_bytes = 1048576"),
        ),
        (
            whole(RAG, HI, named("error", {"code": "llm_down", "message": "at 10.0.0.1"})),
            Failure(FailureKind.STREAM_ERROR, "error event in the stream: llm_down"),
        ),
        (
            begun(RAG, send(chunk(WORDS[RAG].error_event)), delay(0.02), reset()),
            Failure(FailureKind.STREAM_ERROR, "error event in the stream: llm_down"),
        ),
        (
            whole(RAG, HI, END, content_type="text/plain"),
            Failure(FailureKind.VALIDATION, "content type is not text/event-stream"),
        ),
        ([send(response(b"{}", 429))], Failure(FailureKind.HTTP_4XX, "status 429")),
        ([send(response(b"{}", 503))], Failure(FailureKind.HTTP_5XX, "status 503")),
    ],
)
def test_a_failure_says_what_it_was(truth: Truth, steps: Sequence[Step], failure: Failure) -> None:
    assert outcome_of(truth, endpoint(RAG), steps, timeout_s=1.0).failure == failure


@pytest.mark.parametrize(
    ("expect", "detail"),
    [
        (Expectation(contains=("Ho",)), "the answer lacks 'Ho'"),
        (Expectation(absent=("Hi",)), "the answer holds 'Hi'"),
        (Expectation(min_text_chars=9), "fewer than 9 characters of text"),
        (Expectation(min_citations=1), "fewer than 1 citations"),
        (Expectation(json_equals={"tokens": 3}), "tokens is not 3"),
    ],
)
def test_a_good_stream_that_misses_the_expectation_is_a_failure(
    truth: Truth, expect: Expectation, detail: str
) -> None:
    outcome = outcome_of(truth, replace(endpoint(RAG), expect=expect), whole(RAG, HI, END))

    assert outcome.failure == Failure(FailureKind.VALIDATION, detail)


def test_with_any_content_type_a_page_is_still_no_stream(truth: Truth) -> None:
    """Behind a proxy that answers for the service, plain text would be whatever the page says."""
    anything = replace(PLAIN, expect=Expectation(min_text_chars=1))

    assert outcome_of(truth, anything, whole(TEXT, b"Hi", content_type="text/x-odd")).failure is None
    assert outcome_of(truth, anything, whole(TEXT, HTML, content_type="Text/HTML")).failure == Failure(
        FailureKind.VALIDATION, "an HTML page instead of a stream"
    )


def test_an_endless_event_is_given_up_at_once(truth: Truth) -> None:
    """The rest of it is not waited for: nothing that follows could be understood."""
    steps = begun(RAG, send(chunk(b"data: ")), *([send(chunk(b"x" * 100_000))] * 4), stall())
    asked = replace(endpoint(RAG), max_event_bytes=200_000, idle_timeout_s=None)

    outcome = outcome_of(truth, asked, steps, timeout_s=60.0)

    assert outcome.failure == Failure(FailureKind.PROTOCOL, "an event longer than max_event_bytes = 200000")
