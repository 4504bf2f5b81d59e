"""What the code in a WebSocket's close frame says of an answer that it cuts off (RFC 6455, 7.4)."""

from collections.abc import Mapping

from analysis.failure import Failure, FailureKind

NAMES: Mapping[int, str] = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1007: "invalid data",
    1008: "policy violation",
    1009: "message too big",
    1010: "extension missing",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
}
WITHOUT_CODE = 1005
ENDS = frozenset({1000, 1001, WITHOUT_CODE})
"""The service ends the connection as if all were well."""
BLAMES = frozenset({1002, 1003, 1007, 1009, 1010})
"""The service takes our messages for wrong."""


def close_failure(code: int) -> Failure:
    """The failure of an answer that was not complete when this came; the reason beside it is not kept."""
    if code == WITHOUT_CODE:
        what = "closed without a code"
    else:
        name = NAMES.get(code)
        what = f"closed with {code} ({name})" if name else f"closed with {code}"
    if code in ENDS:
        return Failure(FailureKind.TRUNCATED, f"{what} before the end of the answer")
    if code in BLAMES:
        return Failure(FailureKind.PROTOCOL, what)
    return Failure(FailureKind.STREAM_ERROR, what)
