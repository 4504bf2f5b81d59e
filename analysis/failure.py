"""How one request can fail: data about the service under test, not an error of ours."""

import re
from dataclasses import dataclass
from enum import StrEnum

DETAIL_CHARACTERS = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class FailureKind(StrEnum):
    """Why a request did not count as successful."""

    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    TRUNCATED = "truncated"
    """The connection ended before the answer did."""
    PROTOCOL = "protocol"
    """What came was not valid HTTP, or not valid in the endpoint's dialect."""
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    STREAM_ERROR = "stream_error"
    """The service reported an error inside a stream that began well."""
    VALIDATION = "validation"
    """The answer was complete but not what the target expects, or a stream without its end mark."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request's kind and a short reason without ids, bodies or secrets."""

    kind: FailureKind
    detail: str

    def __post_init__(self) -> None:
        """Keep the detail to one short line, so that it can stand in logs and pages."""
        line = _CONTROL.sub(" ", self.detail).strip()
        if len(line) > DETAIL_CHARACTERS:
            line = f"{line[: DETAIL_CHARACTERS - 1]}…"
        object.__setattr__(self, "detail", line)
