"""Content codings: RFC 9110, section 8.4; asked for and not."""

import gzip
import zlib
from dataclasses import replace

from tests.locustfiles.conformance.case import ABC, MAX_BODY_BYTES, OK, Case, bad, good, until_end

GZIPPED = gzip.compress(ABC, mtime=0)
DEFLATED = zlib.compress(ABC)
LONG = b"Plimsoll marks how much load she carries. " * 20
BOMB = gzip.compress(bytes(1_000_000), mtime=0)


def _raw(body: bytes) -> bytes:
    """Deflated without a header, as some services send it."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


def _flushed(body: bytes) -> bytes:
    """Gzipped piece by piece, as a stream is."""
    compressor = zlib.compressobj(wbits=31)
    pieces = [
        compressor.compress(body[at : at + 1]) + compressor.flush(zlib.Z_SYNC_FLUSH)
        for at in range(len(body))
    ]
    return b"".join(pieces) + compressor.flush()


def _coded(coding: bytes, body: bytes) -> bytes:
    return OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (coding, len(body), body)


def _chunked(coding: bytes, body: bytes) -> bytes:
    chunks = b"".join(b"1\r\n%b\r\n" % body[at : at + 1] for at in range(len(body)))
    return OK + b"Content-Encoding: %b\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (coding, chunks)


def _asked(case: Case, accept_encoding: str = "gzip, deflate") -> Case:
    return replace(case, accept_encoding=accept_encoding)


CASES = (
    _asked(good("gzip", _coded(b"gzip", GZIPPED))),
    _asked(good("x-gzip is gzip", _coded(b"x-gzip", GZIPPED)), "gzip"),
    _asked(good("GZIP", _coded(b"GZIP", GZIPPED))),
    _asked(
        good(
            "gzip in capitals",
            OK + b"CONTENT-ENCODING: gzip\r\nContent-Length: %d\r\n\r\n" % len(GZIPPED) + GZIPPED,
        )
    ),
    _asked(good("gzip and identity", _coded(b"identity, gzip", GZIPPED))),
    _asked(good("gzip, long", _coded(b"gzip", gzip.compress(LONG, mtime=0)), LONG)),
    _asked(good("gzip in chunks", _chunked(b"gzip", GZIPPED))),
    _asked(good("gzip, flushed", _coded(b"gzip", _flushed(ABC)))),
    _asked(
        good(
            "gzip in two members",
            _coded(b"gzip", gzip.compress(b"a", mtime=0) + gzip.compress(b"bc", mtime=0)),
        )
    ),
    _asked(good("gzip of nothing", _coded(b"gzip", gzip.compress(b"", mtime=0)), b"")),
    _asked(good("no bytes for gzip", _coded(b"gzip", b""), b"")),
    _asked(
        good(
            "as large as allowed",
            _coded(b"gzip", gzip.compress(b"x" * MAX_BODY_BYTES, mtime=0)),
            b"x" * MAX_BODY_BYTES,
        )
    ),
    _asked(until_end("gzip until the end", OK + b"Content-Encoding: gzip\r\n\r\n" + GZIPPED)),
    _asked(good("deflate", _coded(b"deflate", DEFLATED))),
    _asked(good("deflate in chunks", _chunked(b"deflate", DEFLATED))),
    _asked(good("deflate without its header", _coded(b"deflate", _raw(ABC)))),
    _asked(good("deflate without its header, in chunks", _chunked(b"deflate", _raw(ABC)))),
    _asked(good("asked for, and not compressed", OK + b"Content-Length: 3\r\n\r\nabc")),
    _asked(good("asked for, and identity", _coded(b"identity", ABC))),
    _asked(good("304 without a body", b"HTTP/1.1 304 No\r\nContent-Encoding: gzip\r\n\r\n", b"", 304)),
    _asked(
        good(
            "an error compressed",
            b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(GZIPPED)
            + GZIPPED,
            status=500,
        )
    ),
    good("identity", _coded(b"identity", ABC)),
    good("an empty coding", _coded(b"", ABC)),
    good("204 without a body", b"HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n", b"", 204),
    bad("gzip, unasked", _coded(b"gzip", GZIPPED)),
    bad("gzip in mixed letters, unasked", OK + b"cOnTeNt-EnCoDiNg: gZiP\r\nContent-Length: 3\r\n\r\nabc"),
    bad("gzip on a folded line, unasked", OK + b"Content-Encoding:\r\n gzip\r\nContent-Length: 3\r\n\r\nabc"),
    bad("gzip in chunks, unasked", _chunked(b"gzip", GZIPPED)),
    bad("deflate, unasked", _coded(b"deflate", DEFLATED)),
    bad("br, unasked", _coded(b"br", ABC)),
    bad("an unknown coding", _coded(b"squash", ABC)),
    _asked(bad("deflate instead of gzip", _coded(b"deflate", DEFLATED)), "gzip"),
    _asked(bad("br instead of gzip", _coded(b"br", ABC)), "gzip"),
    _asked(bad("gzip, refused", _coded(b"gzip", GZIPPED)), "deflate, gzip;q=0"),
    _asked(bad("gzip twice", _coded(b"gzip, gzip", gzip.compress(GZIPPED, mtime=0)))),
    _asked(
        bad(
            "gzip twice in two fields",
            OK + b"Content-Encoding: gzip\r\n" + _coded(b"gzip", GZIPPED)[len(OK) :],
        )
    ),
    _asked(bad("a bomb", _coded(b"gzip", BOMB))),
    _asked(bad("a bomb of deflate", _coded(b"deflate", zlib.compress(bytes(100_000))))),
    _asked(
        bad(
            "one byte larger than allowed",
            _coded(b"gzip", gzip.compress(b"x" * (MAX_BODY_BYTES + 1), mtime=0)),
        )
    ),
    _asked(bad("no gzip", _coded(b"gzip", b"abc not gzip"))),
    _asked(bad("no deflate", _coded(b"deflate", b"\xff\xff\xff\xff"))),
    _asked(bad("a wrong checksum", _coded(b"gzip", GZIPPED[:-8] + b"\0\0\0\0" + GZIPPED[-4:]))),
    _asked(bad("a wrong length", _coded(b"gzip", GZIPPED[:-4] + b"\4\0\0\0"))),
    _asked(bad("half of gzip", _coded(b"gzip", GZIPPED[:12]))),
    _asked(bad("all but the last byte of gzip", _coded(b"gzip", GZIPPED[:-1]))),
    _asked(bad("one byte of deflate", _coded(b"deflate", DEFLATED[:1]))),
    _asked(
        replace(
            bad("half of gzip until the end", OK + b"Content-Encoding: gzip\r\n\r\n" + GZIPPED[:12]),
            ends=True,
        )
    ),
    _asked(bad("bytes after gzip", _coded(b"gzip", GZIPPED + b"abc"))),
    _asked(bad("bytes after deflate", _coded(b"deflate", DEFLATED + b"abc"))),
)
