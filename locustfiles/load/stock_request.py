"""What a failed request of a stock Locust user counts as."""

from typing import Any

from analysis.failure import Failure, FailureKind

BY_NAME = (
    ("timeout", FailureKind.TIMEOUT),
    ("ssl", FailureKind.TLS),
    ("reset", FailureKind.RESET),
    ("connect", FailureKind.CONNECT),
)


def stock_failure(exception: BaseException, response: Any) -> Failure:
    """The failure kind nearest to an exception of requests or geventhttpclient, by status, then by type."""
    status = getattr(response, "status_code", None)
    if isinstance(status, int) and status >= 400:
        kind = FailureKind.HTTP_5XX if status >= 500 else FailureKind.HTTP_4XX
        return Failure(kind, f"status {status}")
    name = type(exception).__name__
    for word, kind in BY_NAME:
        if word in name.lower():
            return Failure(kind, name)
    return Failure(FailureKind.VALIDATION, name)
