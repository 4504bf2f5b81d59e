"""The chunked transfer coding, and others: RFC 9112, sections 6.1 and 7."""

from dataclasses import replace

from tests.locustfiles.conformance.case import (
    OK,
    SIZED,
    Case,
    bad,
    cut,
    good,
    last,
    stalled,
)

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
CHUNKS = b"3\r\nabc\r\n" + END


def _coded(coding: bytes) -> bytes:
    return OK + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + CHUNKS


def _followed(name: str, data: bytes, surplus: bytes) -> Case:
    return replace(last(good(name, data)), surplus=surplus)


CASES = (
    good("one chunk", CHUNKED + CHUNKS),
    good("several chunks", CHUNKED + b"1\r\na\r\n2\r\nbc\r\n" + END),
    good("no chunk", CHUNKED + END, b""),
    good("a size in small letters", CHUNKED + b"a\r\n0123456789\r\n" + END, b"0123456789"),
    good("a size in capitals", CHUNKED + b"A\r\n0123456789\r\n" + END, b"0123456789"),
    good("a size with zeros before it", CHUNKED + b"0003\r\nabc\r\n000\r\n\r\n"),
    good("a size of two digits", CHUNKED + b"1f\r\n" + b"x" * 31 + b"\r\n" + END, b"x" * 31),
    good("a chunk of line ends", CHUNKED + b"4\r\n\r\n\r\n\r\n" + END, b"\r\n\r\n"),
    good("a chunk that looks like the end", CHUNKED + b"5\r\n0\r\n\r\n\r\n" + END, END),
    good(
        "as large as allowed",
        CHUNKED + b"1F4\r\n" + b"x" * 500 + b"\r\n1f4\r\n" + b"y" * 500 + b"\r\n" + END,
        b"x" * 500 + b"y" * 500,
    ),
    good("an extension", CHUNKED + b"3;a\r\nabc\r\n" + END),
    good("an extension with a value", CHUNKED + b"3;a=b\r\nabc\r\n" + END),
    good("an extension with a quoted value", CHUNKED + b'3;a="b;\\"c\\" d"\r\nabc\r\n' + END),
    good("several extensions", CHUNKED + b"3;a=b;c;d=e\r\nabc\r\n" + END),
    good("an extension of the last chunk", CHUNKED + b"3\r\nabc\r\n0;a=b\r\n\r\n"),
    good("an extension of 1 kB", CHUNKED + b"3;a=" + b"b" * 1000 + b"\r\nabc\r\n" + END),
    good("a space after the size", CHUNKED + b"3 \r\nabc\r\n" + END),
    good("spaces after the size", CHUNKED + b"3   \r\nabc\r\n0  \r\n\r\n"),
    good("a space before the extension", CHUNKED + b"3 ;a=b\r\nabc\r\n" + END),
    good("a trailer field", CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n"),
    good("trailer fields", CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\nServer-Timing: a;dur=1\r\nZ:\r\n\r\n"),
    last(good("a trailer that says close", CHUNKED + b"3\r\nabc\r\n0\r\nConnection: close\r\n\r\n")),
    good(
        "a trailer that repeats the coding", CHUNKED + b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"
    ),
    good(
        "announced trailers that do not come",
        OK + b"Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    ),
    good("the coding in capitals", _coded(b"CHUNKED")),
    good("the coding in mixed letters", _coded(b"cHuNkEd")),
    good("the field in capitals", OK + b"TRANSFER-ENCODING: chunked\r\n\r\n" + CHUNKS),
    good("white space around the coding", _coded(b" \t chunked  ")),
    good("the coding on a folded line", OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS),
    last(good("chunks and close", OK + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS)),
    good("an error in chunks", b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, status=503),
    cut("no first chunk", CHUNKED),
    cut("half a size", CHUNKED + b"1"),
    cut("a size alone", CHUNKED + b"3\r\n"),
    cut("half a chunk", CHUNKED + b"3\r\nab"),
    cut("a chunk without its line end", CHUNKED + b"3\r\nabc"),
    cut("no last chunk", CHUNKED + b"3\r\nabc\r\n"),
    cut("half the last chunk", CHUNKED + b"3\r\nabc\r\n0\r\n"),
    cut("half the end", CHUNKED + b"3\r\nabc\r\n0\r\n\r"),
    cut("half the trailers", CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\n"),
    cut("a chunk larger than all that comes", CHUNKED + b"FFFFFFFF\r\nabc"),
    stalled("no end", CHUNKED + b"3\r\nabc\r\n"),
    bad(
        "larger than allowed", CHUNKED + b"1f4\r\n" + b"x" * 500 + b"\r\n1f5\r\n" + b"y" * 501 + b"\r\n" + END
    ),
    bad("larger than allowed, in one chunk", CHUNKED + b"3e9\r\n" + b"x" * 1001),
    bad("a size of letters", CHUNKED + b"zz\r\nabc\r\n" + END),
    bad("an empty size", CHUNKED + b"\r\nabc\r\n" + END),
    bad("an extension without a size", CHUNKED + b";a\r\nabc\r\n" + END),
    bad("a negative size", CHUNKED + b"-3\r\nabc\r\n" + END),
    bad("a size with a plus", CHUNKED + b"+3\r\nabc\r\n" + END),
    bad("a size with 0x", CHUNKED + b"0x3\r\nabc\r\n" + END),
    bad("a size with an underscore", CHUNKED + b"0_3\r\nabc\r\n" + END),
    bad("a size in quotes", CHUNKED + b'"3"\r\nabc\r\n' + END),
    bad("a size beyond 64 bits", CHUNKED + b"10000000000000003\r\nabc\r\n" + END),
    bad("a size of many digits", CHUNKED + b"F" * 200 + b"\r\nabc\r\n" + END),
    bad("a space before the size", CHUNKED + b" 3\r\nabc\r\n" + END),
    bad("a space within the size", CHUNKED + b"1 0\r\nabc\r\n" + END),
    # RFC 9112 (7.1.1) would have these spaces accepted. llhttp refuses them, and nobody sends them.
    bad("a space after the semicolon", CHUNKED + b"3; a=b\r\nabc\r\n" + END),
    bad("spaces around an equals sign", CHUNKED + b"3;a = b\r\nabc\r\n" + END),
    bad("a chunk longer than its size", CHUNKED + b"3\r\nabcd\r\n" + END),
    bad("a chunk shorter than its size", CHUNKED + b"4\r\nabc\r\n" + END),
    bad("no line end after a chunk", CHUNKED + b"3\r\nabc" + END),
    bad("a LF after a size", CHUNKED + b"3\nabc\r\n" + END),
    bad("a CR after a size", CHUNKED + b"3\rabc\r\n" + END),
    bad("a LF after a chunk", CHUNKED + b"3\r\nabc\n" + END),
    bad("a LF after the last size", CHUNKED + b"3\r\nabc\r\n0\n\r\n"),
    bad("a LF for the last line", CHUNKED + b"3\r\nabc\r\n0\r\n\n"),
    bad("a LF in an extension", CHUNKED + b"3;a\nabc\r\n" + END),
    bad("a CR in an extension", CHUNKED + b"3;a\rb\r\nabc\r\n" + END),
    bad("a NUL in an extension", CHUNKED + b"3;a\0\r\nabc\r\n" + END),
    bad("a trailer without a colon", CHUNKED + b"3\r\nabc\r\n0\r\nX\r\n\r\n"),
    bad("a trailer with a space before the colon", CHUNKED + b"3\r\nabc\r\n0\r\nX : y\r\n\r\n"),
    bad("a trailer that ends with LF", CHUNKED + b"3\r\nabc\r\n0\r\nX: y\n\r\n"),
    bad("a trailer with a length", CHUNKED + b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"),
    bad("chunks and a length", OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKS),
    bad("a length and chunks", OK + b"Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS),
    bad("a length beside another coding", OK + b"Transfer-Encoding: identity\r\n" + SIZED),
    bad("chunks of version 1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS),
    bad("chunked twice", _coded(b"chunked, chunked")),
    bad(
        "chunked in two fields",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    ),
    bad("compressed in chunks, unasked", _coded(b"gzip, chunked")),
    bad("compressed chunks", _coded(b"chunked, gzip")),
    bad("compressed until the end", _coded(b"gzip")),
    bad("identity, which is no coding any more", _coded(b"identity")),
    bad("an unknown coding", _coded(b"xchunked")),
    bad("chunked with a parameter", _coded(b"chunked;q=1")),
    bad("chunked and a comma", _coded(b"chunked,")),
    bad("an empty coding", _coded(b"")),
    # White space that RFC 9110 (5.5) would have passed over; llhttp does not see the coding for it.
    bad("a tab after the coding", _coded(b"chunked\t")),
    bad("a coding after a vertical tab", _coded(b"\x0bchunked")),
    bad("an unknown coding in mixed letters", OK + b"tRaNsFeR-eNcOdInG: brotli\r\n\r\n" + CHUNKS),
    _followed("bytes after the last chunk", CHUNKED + CHUNKS, b"x"),
    _followed("a chunk after the last one", CHUNKED + CHUNKS, b"3\r\nabc\r\n"),
    replace(_followed("an empty line after the last chunk", CHUNKED + CHUNKS, b"\r\n"), is_blank=True),
    _followed("a response after the last chunk", CHUNKED + CHUNKS, OK + SIZED),
)
