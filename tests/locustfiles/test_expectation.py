"""A 200 with a wrong body is a failure."""

import pytest

from analysis.endpoint import Expectation
from analysis.failure import Failure, FailureKind
from locustfiles.load.exchange import Exchange
from locustfiles.load.expectation import AnswerCheck
from locustfiles.load.json_rules import follow, steps_of

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
GOOD_BODY = b'{"answer": "a load line", "sources": [{"id": 1}], "model": "tiny", "cached": false}'


def answer(body: bytes = GOOD_BODY, status: int = 200, failure: Failure | None = None) -> Exchange:
    return Exchange(0, send_ns=1, last_ns=2, status=status, head=JSON_HEAD, body=body, failure=failure)


@pytest.mark.parametrize(
    "rules",
    [
        Expectation(),
        Expectation(content_type="application/json"),
        Expectation(contains=("load line",), absent=("error",)),
        Expectation(json_nonempty=("answer", "sources.0.id")),
        Expectation(json_equals={"cached": False}),
        Expectation(json_in={"model": ("tiny", "small")}),
        Expectation(json_not_in={"model": ("offline",), "metadata.fallback": (True,)}),
        Expectation(json_min={"sources.0.id": 1}, json_max={"sources.0.id": 1}),
        Expectation(json_matches={"answer": "load\\b"}),
    ],
)
def test_a_good_answer_breaks_no_rule(rules: Expectation) -> None:
    """The body above meets each of these."""
    assert AnswerCheck(rules).answer_failure(answer()) is None


@pytest.mark.parametrize(
    ("rules", "body", "detail"),
    [
        (Expectation(contains=("whale",)), GOOD_BODY, "the answer lacks 'whale'"),
        (Expectation(absent=("load line",)), GOOD_BODY, "the answer holds 'load line'"),
        (Expectation(json_nonempty=("answer",)), b'{"answer": ""}', "answer is missing or empty"),
        (Expectation(json_nonempty=("answer",)), b'{"answer": null}', "answer is missing or empty"),
        (Expectation(json_nonempty=("sources",)), b'{"sources": []}', "sources is missing or empty"),
        (Expectation(json_nonempty=("answer",)), b"{}", "answer is missing or empty"),
        (Expectation(json_nonempty=("answer",)), b"<html>", "the answer is not JSON"),
        (Expectation(json_equals={"model": "big"}), GOOD_BODY, "model is not 'big'"),
        (Expectation(json_in={"model": ("big",)}), GOOD_BODY, "model is none of ['big']"),
        (Expectation(json_nonempty=("answer",)), b'{"answer": " \\n "}', "answer is missing or empty"),
        (Expectation(json_equals={"cached": 0}), GOOD_BODY, "cached is not 0"),
        (Expectation(json_not_in={"model": ("offline", "tiny")}), GOOD_BODY, "model is 'tiny'"),
        (Expectation(json_min={"sources.0.id": 2}), GOOD_BODY, "sources.0.id is not 2 or more"),
        (Expectation(json_max={"sources.0.id": 0.5}), GOOD_BODY, "sources.0.id is not 0.5 or less"),
        (Expectation(json_min={"cached": 0}), GOOD_BODY, "cached is not 0 or more"),
        (Expectation(json_matches={"answer": "^load"}), GOOD_BODY, "answer does not match '^load'"),
        (Expectation(json_matches={"nothing": "."}), GOOD_BODY, "nothing does not match '.'"),
        (Expectation(content_type="text/html"), GOOD_BODY, "content type is not text/html"),
    ],
)
def test_a_wrong_body_is_a_validation_failure(rules: Expectation, body: bytes, detail: str) -> None:
    """The detail names the rule, never the body."""
    assert AnswerCheck(rules).answer_failure(answer(body)) == Failure(FailureKind.VALIDATION, detail)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, FailureKind.HTTP_4XX),
        (429, FailureKind.HTTP_4XX),
        (503, FailureKind.HTTP_5XX),
        (302, FailureKind.VALIDATION),
        (204, FailureKind.VALIDATION),
    ],
)
def test_an_unexpected_status_is_a_failure_of_its_class(status: int, kind: FailureKind) -> None:
    """Redirects are not followed, so they are answers that nobody expected."""
    failure = AnswerCheck(Expectation()).answer_failure(answer(status=status))
    assert failure is not None
    assert failure.kind is kind


def test_a_status_that_the_target_expects_is_good() -> None:
    """A target may call 404 the right answer."""
    assert AnswerCheck(Expectation(status=(404,))).answer_failure(answer(status=404)) is None


def test_a_failure_of_the_transport_comes_first() -> None:
    """What broke on the wire explains the rest."""
    reset = Failure(FailureKind.RESET, "connection reset")
    assert AnswerCheck(Expectation()).answer_failure(answer(status=500, failure=reset)) is reset


def test_false_and_zero_are_not_empty() -> None:
    """Only null, empty text, lists and objects are."""
    rules = Expectation(json_nonempty=("cached", "count"))
    assert AnswerCheck(rules).answer_failure(answer(b'{"cached": false, "count": 0}')) is None


def test_paths_reach_into_lists_and_objects() -> None:
    """a.1.b is the field b of the second element of a."""
    assert follow({"a": [{}, {"b": 7}]}, steps_of("a.1.b")) == 7


SUTAZAI = Expectation(
    json_nonempty=("response",),
    json_equals={"success": True},
    json_not_in={"model": ("offline",), "metadata.fallback": (True,)},
)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"response": "I am offline.", "model": "offline", "success": true}', "model is 'offline'"),
        (
            b'{"response": "Sorry.", "model": "tiny", "success": true, "metadata": {"fallback" : true}}',
            "metadata.fallback is True",
        ),
        (b'{"response": "", "model": "tiny", "success": true}', "response is missing or empty"),
        (b'{"response": "A line.", "model": "tiny", "success": true, "metadata": {"fallback": false}}', None),
    ],
)
def test_a_failure_behind_a_200_is_none_of_our_successes(body: bytes, detail: str | None) -> None:
    """However the service spaces its JSON."""
    failure = AnswerCheck(SUTAZAI).answer_failure(answer(body))
    assert failure == (None if detail is None else Failure(FailureKind.VALIDATION, detail))


def test_a_stream_must_bring_the_citations_that_are_asked_for() -> None:
    """Two were wanted, one came."""
    check = AnswerCheck(Expectation(min_citations=2))
    assert check.stream_failure(answer(), ["text"], 2) is None
    assert check.stream_failure(answer(), ["text"], 1) == Failure(
        FailureKind.VALIDATION, "fewer than 2 citations"
    )
