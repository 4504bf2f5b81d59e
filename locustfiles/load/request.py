"""The request side of HTTP/1.1: a request as the bytes that go to the kernel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from analysis.errors import UsageError
from analysis.request_text import CLIENT_HEADERS, asked_codings, split_url

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FORBIDDEN_IN_VALUE = re.compile(r"[\r\n\0]")
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
DEFAULT_HEADERS: Mapping[str, str] = {
    "User-Agent": "plimsoll",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # many services hold back the events of a compressed stream
}
PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a base URL points."""

    secure: bool
    host: str
    port: int
    path: str
    """Prefix of every request's path, without a slash at its end."""

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class PreparedRequest(NamedTuple):
    """A request ready for the wire. A tuple, because one is made for every request."""

    method: str
    data: bytes
    codings: frozenset[str] = frozenset()
    """What the answer's body may be compressed with."""
    first_byte_timeout_s: float | None = None
    """Longest wait from the end of the request to the first byte of the answer."""
    idle_timeout_s: float | None = None
    """Longest wait between two reads of a stream."""


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A request that lacks only its body."""

    method: str
    head: bytes
    """Up to the value of Content-Length, which comes last, or to the end of the headers."""
    codings: frozenset[str]
    """What the answer's body may be compressed with."""

    def filled(self, body: bytes | None, first_byte_timeout_s: float | None = None) -> PreparedRequest:
        """The request with this body."""
        if body is None and self.method not in WITH_BODY:
            data = self.head + b"\r\n"
            return PreparedRequest(self.method, data, self.codings, first_byte_timeout_s)
        body = body or b""
        data = b"%bContent-Length: %d\r\n\r\n%b" % (self.head, len(body), body)
        return PreparedRequest(self.method, data, self.codings, first_byte_timeout_s)


def parse_origin(base_url: str) -> Origin:
    """Raises `UsageError` without quoting the URL, which may hold a secret."""
    try:
        parts = split_url(base_url)
    except ValueError as error:
        raise UsageError(f"base URL: found {error}; wanted http://HOST:PORT or https://HOST:PORT") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise UsageError(
            f"base URL: found scheme {parts.scheme!r} and host {parts.hostname!r}; "
            "wanted http://HOST:PORT or https://HOST:PORT"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("base URL: credentials, query and fragment are not allowed; send a header instead")
    return Origin(
        secure=parts.scheme == "https",
        host=parts.hostname.encode("idna").decode("ascii"),
        port=PORTS[parts.scheme] if parts.port is None else parts.port,
        path=_escaped(parts.path.rstrip("/")),
    )


def request_template(
    origin: Origin, method: str, path: str, headers: Mapping[str, str], more: Mapping[str, str]
) -> RequestTemplate:
    """`more` overrides `headers`, and both the defaults, whatever the case of the names."""
    if not TOKEN.fullmatch(method):
        raise UsageError(f"request method: found {method!r}, wanted a word such as GET or POST")
    merged = {"host": ("Host", origin.authority)}
    for source in (DEFAULT_HEADERS, headers, more):
        for name, value in source.items():
            _check_header(name, value)
            merged[name.lower()] = (name, value)
    lines = [f"{method} {origin.path}{_escaped(path)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in merged.values()]
    head = "".join(f"{line}\r\n" for line in lines).encode("latin-1")
    return RequestTemplate(method, head, _asked_codings(merged["accept-encoding"][1]))


def _asked_codings(accept_encoding: str) -> frozenset[str]:
    try:
        return asked_codings(accept_encoding)
    except ValueError as error:
        raise UsageError(f"header Accept-Encoding: found {accept_encoding}, wanted {error}") from None


def _check_header(name: str, value: str) -> None:
    if not TOKEN.fullmatch(name):
        raise UsageError(f"header name: found {name!r}, wanted letters, digits and hyphens")
    if name.lower() in CLIENT_HEADERS:
        raise UsageError(f"header {name}: set by the client itself; leave it out")
    if FORBIDDEN_IN_VALUE.search(value) or any(ord(char) > 255 for char in value):
        raise UsageError(f"header {name}: its value holds a character that no header may hold")


def _escaped(path: str) -> str:
    return quote(path, safe="/%?&=+:@,;!$'()*~-._[]")
