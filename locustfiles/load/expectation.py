"""Checks an answer against what the target file says a good one looks like."""

import json
from typing import Any

from analysis.failure import Failure, FailureKind
from analysis.target import Expectation
from locustfiles.load.exchange import Exchange

MISSING = object()


def status_failure(status: int, expectation: Expectation) -> Failure | None:
    """The failure that a status code is, or None when the target expects it."""
    if status in expectation.status:
        return None
    if 400 <= status < 500:
        return Failure(FailureKind.HTTP_4XX, f"status {status}")
    if 500 <= status < 600:
        return Failure(FailureKind.HTTP_5XX, f"status {status}")
    return Failure(FailureKind.VALIDATION, f"status {status} was not expected")


def answer_failure(exchange: Exchange, expectation: Expectation, document: Any = MISSING) -> Failure | None:
    """The first rule that a finished exchange breaks, or None.

    `document` is the parsed body when the caller has it already.
    """
    if exchange.failure is not None:
        return exchange.failure
    if exchange.status is None:
        return Failure(FailureKind.PROTOCOL, "no status")
    return (
        status_failure(exchange.status, expectation)
        or content_type_failure(exchange, expectation)
        or _text_failure(exchange.body, expectation)
        or _json_failure(exchange.body, expectation, document)
    )


def stream_failure(exchange: Exchange, text: str, expectation: Expectation) -> Failure | None:
    """The first rule that a finished stream breaks, or None; `text` is all of its answer text.

    A bad status or content type comes first: it explains whatever else is wrong with the body.
    """
    if exchange.status is not None:
        failure = status_failure(exchange.status, expectation) or content_type_failure(exchange, expectation)
        if failure is not None:
            return failure
    if exchange.failure is not None:
        return exchange.failure
    wanted_chars = 1 if expectation.min_text_chars is None else expectation.min_text_chars
    if len(text) < wanted_chars:
        return Failure(FailureKind.VALIDATION, f"fewer than {wanted_chars} characters of text")
    return _text_failure(text.encode(), expectation)


def needs_json(expectation: Expectation) -> bool:
    """Whether any rule looks into a JSON document."""
    return bool(expectation.json_nonempty or expectation.json_equals or expectation.json_in)


def needs_only_a_status(expectation: Expectation) -> bool:
    """Whether an answer is good as soon as its status is."""
    return expectation == Expectation(status=expectation.status)


def value_at(document: Any, path: str) -> Any:
    """The value at a dotted path ("a.0.b"), or MISSING."""
    for part in path.split("."):
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return MISSING
    return document


def parsed(body: bytes) -> Any:
    """The JSON document of a body, or MISSING when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # nested thousands deep
        return MISSING


def content_type_failure(exchange: Exchange, expectation: Expectation) -> Failure | None:
    """The failure that a content type is, or None."""
    wanted = expectation.content_type
    if wanted is None:
        return None
    found = exchange.headers.get("content-type", "")
    if found.split(";")[0].strip().lower() == wanted.lower():
        return None
    return Failure(FailureKind.VALIDATION, f"content type is not {wanted}")


def _text_failure(body: bytes, expectation: Expectation) -> Failure | None:
    for text in expectation.contains:
        if text.encode() not in body:
            return Failure(FailureKind.VALIDATION, f"the answer lacks {text!r}")
    for text in expectation.absent:
        if text.encode() in body:
            return Failure(FailureKind.VALIDATION, f"the answer holds {text!r}")
    return None


def _json_failure(body: bytes, expectation: Expectation, document: Any) -> Failure | None:
    if not needs_json(expectation):
        return None
    if document is MISSING:
        document = parsed(body)
    if document is MISSING:
        return Failure(FailureKind.VALIDATION, "the answer is not JSON")
    for path in expectation.json_nonempty:
        value = value_at(document, path)
        if value is MISSING or value is None or value in ("", [], {}):
            return Failure(FailureKind.VALIDATION, f"{path} is missing or empty")
    for path, wanted in expectation.json_equals.items():
        if value_at(document, path) != wanted:
            return Failure(FailureKind.VALIDATION, f"{path} is not {wanted!r}")
    for path, allowed in expectation.json_in.items():
        if value_at(document, path) not in allowed:
            return Failure(FailureKind.VALIDATION, f"{path} is none of {list(allowed)!r}")
    return None
