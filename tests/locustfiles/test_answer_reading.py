"""An answer is good when it is what the target file and its question want."""

import pytest

from analysis.endpoint import Dialect, Endpoint
from analysis.failure import Failure, FailureKind
from locustfiles.load.answer_reading import AnswerReading
from locustfiles.load.exchange import Exchange
from locustfiles.load.outcome import PLAIN
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.text_timer import TextTimer

LACKING = Failure(FailureKind.VALIDATION, "the answer lacks a word that its question expects")
EXPECTED = {"What is it?": ("load line", "hull")}


@pytest.mark.parametrize(
    ("answer", "question", "failure"),
    [
        ("A LOAD LINE on the Hull.", "What is it?", None),
        ("A load line.", "What is it?", LACKING),
        ("Anything.", "Another question?", None),
    ],
)
def test_an_answer_must_hold_the_words_of_its_question(
    answer: str, question: str, failure: Failure | None
) -> None:
    """All of them, in any case; a question without words asks for none. Streams alike."""
    plain = AnswerReading(Endpoint("q", "POST", "/q", body={"q": "{question}"}), EXPECTED)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream"
    exchange = Exchange(0, send_ns=1, first_ns=2, last_ns=3, status=200, head=head, body=answer.encode())
    assert plain.answer(exchange, question).failure == failure

    streamed = AnswerReading(
        Endpoint("s", "POST", "/s", body="{question}", dialect=Dialect.RAG_EVENTS), EXPECTED
    )
    timer = TextTimer()
    for place in range(0, len(answer), 3):
        timer.take([StreamEvent(EventKind.TEXT, place, answer[place : place + 3])])
    assert streamed.stream(exchange, timer, {}, question).failure == failure


def test_an_answer_of_which_only_the_status_matters_is_not_looked_into() -> None:
    """The one outcome that is shared by all."""
    reading = AnswerReading(Endpoint("q", "GET", "/q"))
    exchange = Exchange(0, send_ns=1, first_ns=2, last_ns=3, status=200, head=b"HTTP/1.1 200 OK")
    assert reading.answer(exchange, "") is PLAIN
