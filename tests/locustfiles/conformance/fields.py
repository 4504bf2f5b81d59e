"""Header fields: RFC 9112, sections 2.2 and 5; RFC 9110, section 5."""

from tests.locustfiles.conformance.case import OK, SIZED, bad, cut, good

LIMIT = 65_536


def _padded(size: int) -> bytes:
    """A response whose head, without its empty line, is so long."""
    head = OK + b"Content-Length: 3\r\nX: "
    return head + b"x" * (size - len(head)) + b"\r\n\r\nabc"


CASES = (
    good("no space after the colon", OK + b"X:y\r\nContent-Length:3\r\n\r\nabc"),
    good("spaces and tabs around a value", OK + b"X: \t y \t\r\nContent-Length: \t 3 \t\r\n\r\nabc"),
    good("an empty value", OK + b"X:\r\nY: \r\n" + SIZED),
    good("a value of white space", OK + b"X: \t \r\n" + SIZED),
    good("every character that a name may have", OK + b"!#$%&'*+-.^_`|~09AZaz: 1\r\n" + SIZED),
    good("every character that a value may have", OK + b"X: " + bytes(range(32, 127)) + b"\xff\r\n" + SIZED),
    good("a tab within a value", OK + b"X: a\tb\r\n" + SIZED),
    good("a value in UTF-8", OK + "X: Grüße\r\n".encode() + SIZED),
    good("colons in a value", OK + b"X: a:b::c\r\n" + SIZED),
    good("a quoted value", OK + b'X: "a, \\"b\\"; c"\r\n' + SIZED),
    good("a name in capitals", OK + b"CONTENT-LENGTH: 3\r\n\r\nabc"),
    good("a name in mixed letters", OK + b"cOnTeNt-LeNgTh: 3\r\n\r\nabc"),
    good("names that begin like others", OK + b"Content-Length-X: 9\r\nX-Content-Length: 9\r\n" + SIZED),
    good("one name twice", OK + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n" + SIZED),
    good("a hundred fields", OK + b"X: y\r\n" * 100 + SIZED),
    good("a field of 4 kB", OK + b"X: " + b"y" * 4096 + b"\r\n" + SIZED),
    good("the largest head", _padded(LIMIT)),
    good("a line folded with a space", OK + b"X: a\r\n b\r\n" + SIZED),
    good("a line folded with a tab", OK + b"X: a\r\n\tb\r\n" + SIZED),
    good("a line folded several times", OK + b"X: a \r\n \t b\r\n  c\r\n\td\r\n" + SIZED),
    good("a line folded before its value", OK + b"X:\r\n a\r\n" + SIZED),
    good("a line folded around nothing", OK + b"X: a\r\n \r\n" + SIZED),
    good("several folded lines", OK + b"X: a\r\n b\r\nY: c\r\n d\r\n" + SIZED),
    good("a folded Content-Length", OK + b"Content-Length:\r\n 3\r\n\r\nabc"),
    good("a folded last line", OK + b"Content-Length: 3\r\nX: a\r\n b\r\n\r\nabc"),
    good("a fold that hides no field", OK + b"X: a\r\n Content-Length: 9\r\n" + SIZED),
    good("a body that looks folded", OK + b"Content-Length: 8\r\n\r\na\r\n b\r\n ", b"a\r\n b\r\n "),
    bad("white space after an empty last value", OK + b"Content-Length:\r\n\r\n 0\r\n"),
    bad("a Content-Length folded in its middle", OK + b"Content-Length: 3\r\n 3\r\n\r\nabc"),
    bad("white space before the first field", OK + b" X: a\r\n" + SIZED),
    bad("a tab before the first field", OK + b"\tX: a\r\n" + SIZED),
    bad("white space after the status line", OK + b" \r\n" + SIZED),
    bad("a space before the colon", OK + b"X : a\r\n" + SIZED),
    bad("a tab before the colon", OK + b"X\t: a\r\n" + SIZED),
    bad("a space before the colon of Content-Length", OK + b"Content-Length : 3\r\n\r\nabc"),
    bad("a space in a name", OK + b"X Y: a\r\n" + SIZED),
    bad("no colon", OK + b"X\r\n" + SIZED),
    bad("no name", OK + b": a\r\n" + SIZED),
    bad("a bracket in a name", OK + b"X(1): a\r\n" + SIZED),
    bad("a name beyond ASCII", OK + b"X\xe9: a\r\n" + SIZED),
    bad("a name with a NUL", OK + b"X\0: a\r\n" + SIZED),
    bad("a value with a NUL", OK + b"X: a\0b\r\n" + SIZED),
    bad("a value with an escape", OK + b"X: \x1b[31m\r\n" + SIZED),
    bad("a value with a DEL", OK + b"X: a\x7fb\r\n" + SIZED),
    bad("a value with a CR", OK + b"X: a\rb\r\n" + SIZED),
    bad("a CR for a line end", OK + b"X: a\r" + SIZED),
    bad("a CR more", OK + b"X: a\r\r\n" + SIZED),
    bad("a LF for a line end", OK + b"X: a\n" + SIZED),
    bad("a LF for the empty line", OK + b"Content-Length: 3\r\n\nabc"),
    bad("a LF after a fold", OK + b"X: a\r\n b\n" + SIZED),
    bad("a CR for the empty line", OK + b"Content-Length: 3\r\n\rabc"),
    bad("a head one byte too large", _padded(LIMIT + 1)),
    bad("a head that is too large and does not end", OK + b"X: y\r\n" * 11_000),
    bad("a field that is too large and does not end", OK + b"X: " + b"y" * 66_000),
    cut("half a field", OK + b"Content-Le"),
    cut("a field without the empty line", OK + b"Content-Length: 0\r\n"),
    cut("half a fold", OK + b"Content-Length: 0\r\nX: a\r\n "),
)
