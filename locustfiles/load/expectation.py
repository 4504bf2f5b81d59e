"""Checks an answer against what the target file says a good one looks like."""

from collections.abc import Sequence
from typing import Any

from analysis.endpoint import Expectation
from analysis.failure import Failure, FailureKind
from locustfiles.load.answer_text import answer_bytes
from locustfiles.load.exchange import Exchange
from locustfiles.load.json_rules import MISSING, JsonRules, parsed

PAGE = "text/html"


class AnswerCheck:
    """One endpoint's expectation, made ready. A rule that is not there costs an answer nothing."""

    __slots__ = (
        "_absent", "_contains", "_content_type", "_least_chars", "_least_citations", "needs_json",
        "needs_only_a_status", "rules", "statuses",
    )  # fmt: skip

    def __init__(self, expectation: Expectation) -> None:
        self.statuses = frozenset(expectation.status)
        self._content_type = expectation.content_type and expectation.content_type.lower()
        self._contains = [(text, text.encode()) for text in expectation.contains]
        self._absent = [(text, text.encode()) for text in expectation.absent]
        chars = expectation.min_text_chars
        self._least_chars = 1 if chars is None else chars
        self._least_citations = expectation.min_citations
        self.rules = JsonRules(expectation)
        self.needs_json = bool(self.rules)
        self.needs_only_a_status = expectation == Expectation(status=expectation.status)
        """Whether an answer is good as soon as its status is."""

    def answer_failure(self, exchange: Exchange, document: Any = MISSING) -> Failure | None:
        """The first rule that a finished exchange breaks, or None.

        `document` is the parsed body when the caller has it already.
        """
        if exchange.failure is not None:
            return exchange.failure
        if exchange.status is None:
            return Failure(FailureKind.PROTOCOL, "no status")
        failure = self._head_failure(exchange, exchange.status) or self._text_failure(exchange.body)
        if failure is not None or not self.needs_json:
            return failure
        return self.rules.broken(parsed(exchange.body) if document is MISSING else document)

    def stream_failure(self, exchange: Exchange, text: Sequence[str], citations: int = 0) -> Failure | None:
        """The first rule that a finished stream breaks, or None; `text` is all of its answer text.

        A bad status or content type comes first: it explains whatever else is wrong with the body.
        """
        if exchange.status is not None and (exchange.head or exchange.failure is None):
            failure = self._head_failure(exchange, exchange.status) or self._page_failure(exchange)
            if failure is not None:
                return failure
        if exchange.failure is not None:
            return exchange.failure
        if self._least_chars and all(map(str.isspace, text)):  # ends at the first that is not
            return Failure(FailureKind.VALIDATION, "the answer is empty")
        if sum(map(len, text)) < self._least_chars:
            return Failure(FailureKind.VALIDATION, f"fewer than {self._least_chars} characters of text")
        if self._least_citations is not None and citations < self._least_citations:
            return Failure(FailureKind.VALIDATION, f"fewer than {self._least_citations} citations")
        if not (self._contains or self._absent):
            return None
        return self._text_failure(answer_bytes(text))

    def _head_failure(self, exchange: Exchange, status: int) -> Failure | None:
        if status not in self.statuses:
            return _status_failure(status)
        wanted = self._content_type
        if wanted is None:
            return None
        if _media_type(exchange) == wanted:
            return None
        return Failure(FailureKind.VALIDATION, f"content type is not {wanted}")

    def _page_failure(self, exchange: Exchange) -> Failure | None:
        """Where any content type is taken, a page is none that streams."""
        if self._content_type is None and exchange.status in self.statuses and _media_type(exchange) == PAGE:
            return Failure(FailureKind.VALIDATION, "an HTML page instead of a stream")
        return None

    def _text_failure(self, body: bytes) -> Failure | None:
        for text, encoded in self._contains:
            if encoded not in body:
                return Failure(FailureKind.VALIDATION, f"the answer lacks {text!r}")
        for text, encoded in self._absent:
            if encoded in body:
                return Failure(FailureKind.VALIDATION, f"the answer holds {text!r}")
        return None


def _media_type(exchange: Exchange) -> str:
    return exchange.headers.get("content-type", "").split(";")[0].strip().lower()


def _status_failure(status: int) -> Failure:
    if 400 <= status < 500:
        return Failure(FailureKind.HTTP_4XX, f"status {status}")
    if 500 <= status < 600:
        return Failure(FailureKind.HTTP_5XX, f"status {status}")
    return Failure(FailureKind.VALIDATION, f"status {status} was not expected")
