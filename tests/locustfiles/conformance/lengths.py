"""How long a body is: RFC 9112, section 6; RFC 9110, section 8.6."""

from dataclasses import replace

from tests.locustfiles.conformance.case import (
    ABC,
    MAX_BODY_BYTES,
    OK,
    SIZED,
    Case,
    bad,
    cut,
    good,
    last,
    stalled,
    until_end,
)

TALKS_HTTP = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


def _sized(length: bytes, body: bytes = ABC) -> bytes:
    return OK + b"Content-Length: " + length + b"\r\n\r\n" + body


def _followed(name: str, data: bytes, surplus: bytes, body: bytes = ABC, status: int = 200) -> Case:
    return replace(last(good(name, data, body, status)), surplus=surplus)


CASES = (
    good("of no bytes", _sized(b"0", b""), b""),
    good("of one byte", _sized(b"1", b"a"), b"a"),
    good("with zeros before the length", _sized(b"0003")),
    good("as large as allowed", _sized(b"%d" % MAX_BODY_BYTES, b"x" * MAX_BODY_BYTES), b"x" * MAX_BODY_BYTES),
    good("of all bytes", _sized(b"256", bytes(range(256))), bytes(range(256))),
    good("that looks like a response", _sized(b"38", TALKS_HTTP), TALKS_HTTP),
    good("that looks like the end of a head", _sized(b"8", b"\r\n\r\n\r\n\r\n"), b"\r\n\r\n\r\n\r\n"),
    good("204 has none", b"HTTP/1.1 204 No Content\r\n\r\n", b"", 204),
    good("204 has none whatever the length", b"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", b"", 204),
    good(
        "204 has none whatever the coding", b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 204
    ),
    good("304 has none", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', b"", 304),
    good("304 has none whatever the length", b"HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", b"", 304),
    good(
        "304 has none whatever the coding", b"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 304
    ),
    good("205 with its length", b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", b"", 205),
    replace(good("HEAD has none", _sized(b"3", b""), b""), method="HEAD"),
    replace(good("HEAD has none however large", _sized(b"99999999", b""), b""), method="HEAD"),
    replace(good("HEAD has none without a length", OK + b"\r\n", b""), method="HEAD"),
    replace(
        good("HEAD has none though chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n", b""), method="HEAD"
    ),
    replace(
        good("HEAD has none though compressed", OK + b"Content-Encoding: br\r\n\r\n", b""), method="HEAD"
    ),
    replace(last(good("HEAD and close", OK + b"Connection: close\r\n\r\n", b"")), method="HEAD"),
    replace(last(good("HEAD and version 1.0", b"HTTP/1.0 200 OK\r\n\r\n", b"")), method="HEAD"),
    until_end("without a length", OK + b"X: y\r\n\r\nabc"),
    until_end("of no bytes without a length", OK + b"X: y\r\n\r\n", b""),
    until_end("without a length, and close", OK + b"Connection: close\r\n\r\nabc"),
    until_end("without a length, and keep-alive", OK + b"Connection: keep-alive\r\n\r\nabc"),
    until_end("without a length, of version 1.0", b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nabc"),
    until_end("205 without a length", b"HTTP/1.1 205 Reset\r\n\r\n", b"", 205),
    until_end(
        "without a length, that looks chunked",
        OK + b"X: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\n\r\n",
    ),
    cut("shorter than its length", _sized(b"3", b"ab")),
    cut("that never comes", _sized(b"3", b"")),
    cut("much shorter than its length", _sized(b"999", b"x" * 400)),
    stalled("that does not go on", _sized(b"3", b"ab")),
    stalled("without a length, that does not end", OK + b"X: y\r\n\r\nabc"),
    bad("larger than allowed", _sized(b"1001", b"x" * 1001)),
    bad("larger than allowed, without a length", OK + b"X: y\r\n\r\n" + b"x" * 1001),
    bad("a length with a plus", _sized(b"+3")),
    bad("a length with a minus", _sized(b"-3")),
    bad("a length in hexadecimal", _sized(b"0x3")),
    bad("a length with a point", _sized(b"3.0")),
    bad("a length with an exponent", _sized(b"3e0")),
    bad("a length in quotes", _sized(b'"3"')),
    bad("a length in a word", _sized(b"three")),
    bad("a length with a unit", _sized(b"3 bytes")),
    bad("an empty length", _sized(b"")),
    bad("a length with a space", _sized(b"1 0")),
    bad("a length with an underscore", _sized(b"1_0")),
    bad("a length in other digits", _sized("٣".encode())),
    bad("a length beyond 64 bits", _sized(b"18446744073709551619")),
    bad("a length of a hundred digits", _sized(b"9" * 100)),
    # RFC 9112 (6.3) lets a client refuse equal lengths as well as take them for one.
    bad("a length twice", OK + b"Content-Length: 3\r\n" + SIZED),
    bad("a length listed twice", _sized(b"3, 3")),
    bad("two lengths", OK + b"Content-Length: 4\r\n" + SIZED),
    bad("two lengths, the right one first", OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
    bad("two lengths in a list", _sized(b"3, 4")),
    bad("a length and a comma", _sized(b"3,")),
    _followed("bytes after it", OK + SIZED, b"x"),
    replace(_followed("an empty line after it", OK + SIZED, b"\r\n"), is_blank=True),
    _followed("a second response", OK + SIZED, TALKS_HTTP),
    _followed("the beginning of a second response", OK + SIZED, b"HTTP/1.1 2"),
    _followed("an interim response after it", OK + SIZED, b"HTTP/1.1 100 Continue\r\n\r\n"),
    _followed("bytes after no body", _sized(b"0", b""), b"abc", b""),
    _followed("bytes after 204", b"HTTP/1.1 204 No Content\r\n\r\n", b"abc", b"", 204),
    _followed("bytes after 304", b"HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", b"abc", b"", 304),
    _followed("bytes after close", OK + b"Connection: close\r\n" + SIZED, b"abc"),
    replace(_followed("a body after HEAD", _sized(b"3", b""), b"abc", b""), method="HEAD"),
    replace(_followed("bytes after HEAD", OK + b"\r\n", b"abc", b""), method="HEAD"),
)
