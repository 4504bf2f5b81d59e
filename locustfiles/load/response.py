"""The response side of HTTP/1.1: framing by llhttp, limits, and what the end of the stream means."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from locustfiles.load.exchange import parse_headers

MAX_HEAD_BYTES = 65_536


class ProtocolViolation(Exception):  # noqa: N818 -- it is the service's error, not one of ours
    """The bytes received are no HTTP/1.1 response within the limits; the text says why, quoting nothing."""


class Response:
    """Parses the responses of one connection, one after the other. Call `expect` before each.

    llhttp frames the message; header fields are cut from the head only when somebody asks for them,
    because a callback per header costs as much as all the other parsing.
    """

    __slots__ = (
        "_head_only",
        "_head_parts",
        "_max_body_bytes",
        "_parser",
        "_parts",
        "_surplus",
        "body_bytes",
        "complete",
        "head",
        "keep_alive",
        "status",
    )

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._head_parts: list[bytes] = []
        self.expect(head_only=False, max_body_bytes=0)

    def expect(self, *, head_only: bool, max_body_bytes: int) -> None:
        """Get ready for the next response; `head_only` when the request was a HEAD."""
        self._head_only = head_only
        self._max_body_bytes = max_body_bytes
        self._surplus = False
        self.status: int | None = None
        self.head = b""
        self.keep_alive = False
        self.complete = False
        self.body_bytes = 0

    def feed(self, data: bytes) -> None:
        """Parse one read; raises `ProtocolViolation`."""
        in_head = self.status is None
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise ProtocolViolation("the service switched protocols, unasked") from None
        except HttpParserError as error:
            if self.complete:
                raise ProtocolViolation("bytes after the end of the response") from None
            raise ProtocolViolation(f"not an HTTP/1.1 response: {error}"[:200]) from None
        if in_head:
            self._take_head(data)
        if self._surplus:
            raise ProtocolViolation("bytes after the end of the response")
        if self.body_bytes > self._max_body_bytes:
            raise ProtocolViolation(f"body larger than max_body_bytes = {self._max_body_bytes}")

    def take_body(self) -> bytes:
        """The body bytes received since the last call."""
        parts = self._parts
        if not parts:
            return b""
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        return body

    def ends_with_connection(self) -> bool:
        """Whether an end of file completes this response: it has a head and no framing (RFC 9112, 6.3)."""
        if self.status is None:
            return False
        headers = parse_headers(self.head)
        codings = headers.get("transfer-encoding", "").lower()
        return "content-length" not in headers and not codings.rstrip().endswith("chunked")

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self.complete:
            self._surplus = True

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        parser = self._parser
        status = parser.get_status_code()
        if status < 200 or self.complete:
            return
        self.status = status
        self.keep_alive = parser.should_keep_alive()
        if self._head_only:
            # The parser would wait for the body that the headers describe, so it cannot be used again.
            self.complete = True
            self._parser = HttpResponseParser(self)

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        if self.complete:
            self._surplus = True
            return
        self.body_bytes += len(data)
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """Called by the parser; an interim (1xx) response is not the end."""
        if self.status is not None:
            self.complete = True

    def _take_head(self, data: bytes) -> None:
        parts = self._head_parts
        if parts:
            parts.append(data)
            data = b"".join(parts)
        if self.status is None:
            if len(data) > MAX_HEAD_BYTES:
                raise ProtocolViolation(f"response head larger than {MAX_HEAD_BYTES} bytes")
            parts[:] = [data]
            return
        parts.clear()
        start = len(data) - len(data.lstrip(b"\r\n"))
        end = data.find(b"\r\n\r\n", start)
        while data[start + 9 : start + 10] == b"1":  # interim responses come before the final head
            start = end + 4
            end = data.find(b"\r\n\r\n", start)
        if end - start > MAX_HEAD_BYTES:
            raise ProtocolViolation(f"response head larger than {MAX_HEAD_BYTES} bytes")
        self.head = data[start:end]
