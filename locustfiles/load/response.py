"""The response side of HTTP/1.1: framing by llhttp, limits, and what the end of the stream means."""

import re
from collections.abc import Collection

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from locustfiles.load.content_coding import Inflater, inflater_for
from locustfiles.load.exchange import parse_headers
from locustfiles.load.folded_head import unfolded
from locustfiles.load.violation import ProtocolViolation, too_large

MAX_HEAD_BYTES = 65_536
"""Of the final head and the interim ones before it."""

_CRLF = b"\r\n"
_END_OF_HEAD = _CRLF + _CRLF
_CR = 13
_PLAIN_BEGINNING = b"HTTP/1.1 2"
_VERSION = b"http/1.1"
_CODING = b"-encoding:"
_PLAINLY_CHUNKED = b"\r\ntransfer-encoding: chunked\r\n"
_SURPLUS = "bytes after the end of the response"
_SWITCHING_PROTOCOLS = 101
_TRANSFER_CODINGS = re.compile(rb"\r\ntransfer-encoding:[ \t]*+([^\r]*+)", re.IGNORECASE)
_PARSER_ERRORS = (HttpParserError, HttpParserUpgrade)


class Response:
    """Parses the responses of one connection, one after the other. Call `expect` before each.

    llhttp frames the message; header fields are cut from the head only when somebody asks for them,
    because a callback per header costs as much as all the other parsing. After a `ProtocolViolation`, or
    when it is not complete, a response is good for nothing more, nor is its connection.
    """

    __slots__ = (
        "_closes",
        "_codings",
        "_fault",
        "_head_bytes",
        "_head_only",
        "_head_parts",
        "_inflater",
        "_max_body_bytes",
        "_parser",
        "_parts",
        "_parts_inflated",
        "_plain_head",
        "body_bytes",
        "complete",
        "head",
        "keep_alive",
        "status",
    )

    def __init__(self) -> None:
        self._parser = _new_parser(self)
        self._parts: list[bytes] = []
        self._parts_inflated = 0
        self._head_parts: list[bytes] = []
        self._head_bytes = 0
        self._fault: str | None = None
        self._closes = False
        self._plain_head = b""
        """One that says nothing out of the ordinary, as the next one often does again word for word."""
        self.expect(max_body_bytes=0)

    def expect(self, *, max_body_bytes: int, head_only: bool = False, codings: Collection[str] = ()) -> None:
        """Get ready for the next response: to a HEAD request, or to one that asked for content codings."""
        self._head_only = head_only
        self._codings = codings
        self._max_body_bytes = max_body_bytes
        self._inflater: Inflater | None = None
        self.status: int | None = None
        self.head = b""
        self.keep_alive = False
        self.complete = False
        self.body_bytes = 0
        """As sent: before decompression."""

    def feed(self, data: bytes) -> None:
        """Parse one read; raises `ProtocolViolation`."""
        in_head = self.status is None
        try:
            self._parser.feed_data(data)
        except _PARSER_ERRORS as error:
            data = self._without_folds(data, error)
        if in_head:
            self._take_head(data)
        if self._fault is not None:
            raise ProtocolViolation(self._fault)
        if self.body_bytes > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        if self._inflater is not None:
            self._inflate(self._inflater)

    def take_body(self) -> bytes:
        """The body bytes received since the last call, decompressed."""
        parts = self._parts
        if not parts:
            return b""
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self._parts_inflated = 0
        return body

    def ends_with_connection(self) -> bool:
        """Whether an end of file completes this response: it has a head and no framing (RFC 9112, 6.3).

        Raises `ProtocolViolation` for a compressed body that is not at its end.
        """
        if self.status is None:
            return False
        headers = parse_headers(self.head)
        if "content-length" in headers or "transfer-encoding" in headers:
            return False
        if self._inflater is not None:
            self._inflater.finish()
        return True

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self.complete:
            self._fault = _SURPLUS

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        status = self._parser.get_status_code()
        if status < 200 or self.complete:
            if status < 100:
                self._fault = "not an HTTP/1.1 response: Invalid status code"
            return
        self.status = status
        if self._head_only:
            # The parser would wait for the body that the headers describe, so it cannot be used again.
            self.complete = True
            self._parser = _new_parser(self)

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        if self.complete:
            self._fault = _SURPLUS
            return
        self.body_bytes += len(data)
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """Called by the parser; an interim (1xx) response is not the end."""
        if self.status is not None:
            self.complete = True
            # Only now, because llhttp heeds a trailer that says close.
            self.keep_alive = self._parser.should_keep_alive() and not self._closes

    def _without_folds(self, data: bytes, error: Exception) -> bytes:
        """Let a new parser read the head without its folded lines; returns what that one was fed."""
        while True:
            data = b"".join((*self._head_parts, data))
            joined = unfolded(data) if self.status is None else None
            if joined is None:
                raise self._violation(error) from None
            self._head_parts.clear()
            self._head_bytes = 0
            self._parser = _new_parser(self)
            data = joined
            try:
                self._parser.feed_data(data)
            except _PARSER_ERRORS as another:
                error = another
            else:
                return data

    def _violation(self, error: Exception) -> ProtocolViolation:
        if self.complete:
            return ProtocolViolation(_SURPLUS)
        if self._parser.get_status_code() == _SWITCHING_PROTOCOLS:
            return ProtocolViolation("the service switched protocols, unasked")
        return ProtocolViolation(f"not an HTTP/1.1 response: {error}"[:200])

    def _take_head(self, data: bytes) -> None:
        parts = self._head_parts
        if self.status is None:
            self._head_bytes += len(data)
            if self._head_bytes >= MAX_HEAD_BYTES + len(_END_OF_HEAD):
                raise _head_too_large()
            parts.append(data)
            return
        if parts:
            parts.append(data)
            data = b"".join(parts)
            parts.clear()
            self._head_bytes = 0
        is_plain = data[:10] == _PLAIN_BEGINNING
        start = 0 if is_plain else _final_head(data)
        end = data.find(_END_OF_HEAD, start)
        if end > MAX_HEAD_BYTES:
            raise _head_too_large()
        self.head = head = data[start:end]
        if head == self._plain_head and not self._head_only:
            return
        fields = head.lower()
        codings = fields.count(_CODING)
        is_coded = codings > 1 or (codings == 1 and _PLAINLY_CHUNKED not in fields + _CRLF)
        if is_coded:
            self._check_codings()
        if self._head_only or not (is_plain or fields.startswith(_VERSION)):
            self._check_persistence(is_old=not fields.startswith(_VERSION))
        elif not is_coded:
            self._plain_head = head

    def _check_persistence(self, *, is_old: bool) -> None:
        """llhttp lets versions 0.9 and 2.0 pass, and asks where the body, which HEAD has not, ends."""
        if is_old and not self.head.startswith(b"HTTP/1.0"):
            raise ProtocolViolation("not an HTTP/1.1 response: Invalid HTTP version")
        headers = parse_headers(self.head)
        if is_old and "transfer-encoding" in headers:
            raise ProtocolViolation("Transfer-Encoding in a response of HTTP/1.0")  # RFC 9112, 6.1
        options = [option.strip(" \t") for option in headers.get("connection", "").lower().split(",")]
        self._closes = "close" in options or (is_old and "keep-alive" not in options)
        self.keep_alive = self.complete and not self._closes

    def _check_codings(self) -> None:
        """A body in another form than was asked for is none that could be used."""
        if self._head_only or self.status in (204, 304):
            return
        body, self._parts = self._parts, []
        codings = [coding.rstrip(b" ").lower() for coding in _TRANSFER_CODINGS.findall(self.head)]
        if codings not in ([], [b"chunked"]):
            raise ProtocolViolation("Transfer-Encoding is not chunked alone")
        self._inflater = inflater_for(parse_headers(self.head), self._codings, self._max_body_bytes)
        self._parts = body

    def _inflate(self, inflater: Inflater) -> None:
        parts, done = self._parts, self._parts_inflated
        body = b"".join(parts[done:])
        del parts[done:]
        parts.append(inflater.feed(body))
        self._parts_inflated = len(parts)
        if self.complete:
            inflater.finish()


def _final_head(data: bytes) -> int:
    """Where it begins: after empty lines and interim responses."""
    start = 0
    while True:
        while data[start] <= _CR:
            start += 1
        if data[start + 9 : start + 10] != b"1":
            return start
        start = data.find(_END_OF_HEAD, start) + len(_END_OF_HEAD)


def _new_parser(response: Response) -> HttpResponseParser:
    parser = HttpResponseParser(response)
    # A space may follow the size of a chunk (RFC 9112, 7.1.1: "bad" white space must be accepted).
    parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
    return parser


def _head_too_large() -> ProtocolViolation:
    return ProtocolViolation(f"response head larger than {MAX_HEAD_BYTES} bytes")
