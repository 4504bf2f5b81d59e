"""Says in a few words why something outside could not be read, and never repeats an address."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator

_ERRNO_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection lost",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.ETIMEDOUT: "no answer",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
    errno.ENOENT: "no such file",
}


def short_reason(error: BaseException) -> str:
    """The innermost cause that says something, in words that hold neither address nor secret."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate refused: {cause.verify_message}"
        if isinstance(cause, socket.gaierror):
            return "name not found"
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {(cause.reason or 'handshake').replace('_', ' ').lower()}"
        if isinstance(cause, TimeoutError) or "timeout" in type(cause).__name__.lower():
            return "no answer in time"
        if isinstance(cause, OSError) and cause.errno is not None:
            return _ERRNO_WORDS.get(cause.errno, os.strerror(cause.errno).lower())
    return type(causes[-1]).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps; requests and urllib3 keep the cause in `args` or `reason`."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        found = pending.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        pending += [getattr(found, "reason", None), found.__cause__, found.__context__, *found.args]
