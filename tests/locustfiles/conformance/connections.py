"""Which connections live on (RFC 9112, section 9), and interim responses (RFC 9110, section 15.2)."""

from dataclasses import replace

from tests.locustfiles.conformance.case import OK, SIZED, Case, bad, cut, good, last, stalled, until_end

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
PLAIN = OK + SIZED


def _connection(options: bytes) -> bytes:
    return OK + b"Connection: " + options + b"\r\n" + SIZED


def _old(options: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nConnection: " + options + b"\r\n" + SIZED


CASES: tuple[Case, ...] = (
    good("keep-alive", _connection(b"keep-alive")),
    good(
        "keep-alive with its parameters",
        OK + b"Connection: keep-alive\r\nKeep-Alive: timeout=5, max=9\r\n" + SIZED,
    ),
    good("an option that begins like close", _connection(b"closed, xclose, close-x")),
    good("an empty option", _connection(b"")),
    good("other options", _connection(b"upgrade, x")),
    good("an offer to upgrade", OK + b"Connection: upgrade\r\nUpgrade: h2c\r\n" + SIZED),
    good(
        "a demand to upgrade",
        b"HTTP/1.1 426 Upgrade\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" + SIZED,
        status=426,
    ),
    good("version 1.0 and keep-alive", _old(b"keep-alive")),
    good("version 1.0 and Keep-Alive", _old(b"Keep-Alive")),
    last(good("close", _connection(b"close"))),
    last(good("Close", _connection(b"Close"))),
    last(good("close among others", _connection(b"x, close, y"))),
    last(good("close without spaces", _connection(b"x,close"))),
    last(good("close after a tab", _connection(b"\tclose\t"))),
    last(good("close and keep-alive", _connection(b"close, keep-alive"))),
    last(good("keep-alive and close", _connection(b"keep-alive, close"))),
    last(good("close in a second field", OK + b"Connection: x\r\nConnection: close\r\n" + SIZED)),
    last(good("CONNECTION: CLOSE", OK + b"CONNECTION: CLOSE\r\n" + SIZED)),
    last(good("close on a folded line", OK + b"Connection: x,\r\n close\r\n" + SIZED)),
    last(good("version 1.0 and another option", _old(b"x"))),
    last(good("version 1.0, close and keep-alive", _old(b"close, keep-alive"))),
    last(good("version 1.0, keep-alive and close", _old(b"keep-alive, close"))),
    last(good("close without a body", b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n", b"", 204)),
    replace(good("closed without a word", PLAIN), ends=True),
    replace(last(good("closed as announced", _connection(b"close"))), ends=True),
    good("100", CONTINUE + PLAIN),
    good("100 twice", CONTINUE + CONTINUE + PLAIN),
    good("102", b"HTTP/1.1 102 Processing\r\n\r\n" + PLAIN),
    good("103", HINTS + PLAIN),
    good("100 and 103", CONTINUE + HINTS + PLAIN),
    good("an interim response that nobody knows", b"HTTP/1.1 199 Soon\r\nX: y\r\n\r\n" + PLAIN),
    good("100 without a reason", b"HTTP/1.1 100\r\n\r\n" + PLAIN),
    good("100 with a length that means nothing", b"HTTP/1.1 100 Go\r\nContent-Length: 9\r\n\r\n" + PLAIN),
    good(
        "100 with a coding that means nothing",
        b"HTTP/1.1 100 Go\r\nTransfer-Encoding: chunked\r\n\r\n" + PLAIN,
    ),
    good("100 with a folded line", b"HTTP/1.1 100 Go\r\nX: a\r\n b\r\n\r\n" + PLAIN),
    good("100 before a folded line", CONTINUE + OK + b"X: a\r\n b\r\n" + SIZED),
    good("folded lines in both", b"HTTP/1.1 100 Go\r\nX: a\r\n b\r\n\r\n" + OK + b"X: a\r\n b\r\n" + SIZED),
    good("an empty line after 100", CONTINUE + b"\r\n" + PLAIN),
    good("many interim responses", CONTINUE * 40 + PLAIN),
    good("100 before 204", CONTINUE + b"HTTP/1.1 204 No\r\n\r\n", b"", 204),
    good("100 before an error", CONTINUE + b"HTTP/1.1 417 No\r\n" + SIZED, status=417),
    good("100 before chunks", CONTINUE + OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    replace(
        good("103 before the answer to HEAD", HINTS + OK + b"Content-Length: 3\r\n\r\n", b""), method="HEAD"
    ),
    last(good("100 before close", CONTINUE + _connection(b"close"))),
    until_end("100 before a body without a length", CONTINUE + OK + b"\r\nabc"),
    cut("100 alone", CONTINUE),
    cut("100 and half a head", CONTINUE + OK),
    cut("half of 100", b"HTTP/1.1 100 Continue\r\n"),
    stalled("100 and silence", CONTINUE),
    bad("100 and something else", CONTINUE + b"SSH-2.0-OpenSSH_9.2\r\n"),
    bad("100 and a bad status", CONTINUE + b"HTTP/1.1 2000 OK\r\n" + SIZED),
    bad("white space after 100's status line", b"HTTP/1.1 100 Go\r\n x\r\n\r\n" + PLAIN),
    bad("white space after the status line after 100", CONTINUE + OK + b" x\r\n" + SIZED),
    bad("a body after 100", CONTINUE + b"abc" + PLAIN),
    # RFC 9110 (7.6.1) gives the option no meaning here; llhttp takes it at its word.
    bad("close in an interim response", b"HTTP/1.1 100 Go\r\nConnection: close\r\n\r\n" + PLAIN),
    bad("100 of version 1.0, which has none", b"HTTP/1.0 100 Go\r\n\r\n" + PLAIN),
    bad("interim responses without end", HINTS * 1100),
    bad("101", b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    bad("101 without a word", b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + PLAIN),
    bad("101 and other bytes", b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\x81\x05hello"),
    bad("100 and 101", CONTINUE + b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
)
