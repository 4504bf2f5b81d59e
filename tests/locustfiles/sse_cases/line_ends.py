"""Lines end with LF, CR or CRLF, in any mixture, and nothing else ends one."""

from tests.locustfiles.sse_cases.case import Cases, one

ENDS = {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n"}

SHAPES: Cases = {
    "one event": (b"data: x||", [one("x")]),
    "two events": (b"data: x||data: y||", [one("x"), one("y")]),
    "three blank lines between events": (b"data: x|||||data: y||", [one("x"), one("y")]),
    "blank lines before the first event": (b"|||data: x||", [one("x")]),
    "a named event": (b"event: a|data: x||", [one("x", "a")]),
    "the name after the data": (b"data: x|event: a||", [one("x", "a")]),
    "an id": (b"id: 7|data: x||", [one("x", last_id="7")]),
    "two lines of data": (b"data: x|data: y||", [one("x\ny")]),
    "an empty line of data between two": (b"data: x|data:|data: y||", [one("x\n\ny")]),
    "data without a colon": (b"data||", [one("")]),
    "a comment between lines": (b"data: x|: c|data: y||", [one("x\ny")]),
    "a comment as a block of its own": (b": c||data: x||", [one("x")]),
    "the last blank line missing": (b"data: x||data: y|", [one("x")]),
    "the last line end missing": (b"data: x||data: y", [one("x")]),
    "a retry time": (b"retry: 10||data: x||", [one("x")]),
}

CASES: Cases = {
    **{
        f"{shape}, lines ending with {name}": (stream.replace(b"|", end), events)
        for shape, (stream, events) in SHAPES.items()
        for name, end in ENDS.items()
    },
    "LF LF then CRLF CRLF": (b"data: x\n\ndata: y\r\n\r\n", [one("x"), one("y")]),
    "CRLF CRLF then LF LF": (b"data: x\r\n\r\ndata: y\n\n", [one("x"), one("y")]),
    "CR CR then LF LF": (b"data: x\r\rdata: y\n\n", [one("x"), one("y")]),
    "LF then CRLF ends a block": (b"data: x\n\r\ndata: y\n\n", [one("x"), one("y")]),
    "CRLF then LF ends a block": (b"data: x\r\n\ndata: y\n\n", [one("x"), one("y")]),
    "CRLF then CR ends a block": (b"data: x\r\n\rdata: y\n\n", [one("x"), one("y")]),
    "LF then CR ends a block": (b"data: x\n\rdata: y\n\n", [one("x"), one("y")]),
    "CR then CRLF ends a block": (b"data: x\r\r\ndata: y\n\n", [one("x"), one("y")]),
    "CR LF CR LF LF is three ends": (b"data: x\r\n\r\n\ndata: y\n\n", [one("x"), one("y")]),
    "LF LF CR is three ends": (b"data: x\n\n\rdata: y\n\n", [one("x"), one("y")]),
    "a single CRLF ends no block": (b"data: x\r\ndata: y\r\n\r\n", [one("x\ny")]),
    "each line its own end": (b"data: a\ndata: b\rdata: c\r\ndata: d\n\r", [one("a\nb\nc\nd")]),
    "CR before more data": (b"data: a\rdata: b\n\n", [one("a\nb")]),
    "CR between name and data": (b"event: e\rdata: b\r\n\r\n", [one("b", "e")]),
    "blank lines of all kinds": (b"\n\r\r\n\n\r\n\r", []),
    "blank lines of all kinds, then an event": (b"\r\n\r\n\n\rdata: x\r\r", [one("x")]),
    "VT ends no line": (b"data: a\x0bb\n\n", [one("a\x0bb")]),
    "FF ends no line": (b"data: a\x0cb\n\n", [one("a\x0cb")]),
    "FS, GS and RS end no line": (b"data: a\x1cb\x1dc\x1ed\n\n", [one("a\x1cb\x1dc\x1ed")]),
    "NEL, U+0085, ends no line": ("data: a\u0085b\n\n".encode(), [one("a\u0085b")]),
    "the line separator, U+2028, ends no line": ("data: a\u2028b\n\n".encode(), [one("a\u2028b")]),
    "the paragraph separator, U+2029, ends no line": ("data: a\u2029b\n\n".encode(), [one("a\u2029b")]),
    "two of them in a row end no block": (
        "data: a\u2028\u2028data: b\n\n".encode(),
        [one("a\u2028\u2028data: b")],
    ),
    "the escape of a line end is no line end": (b"data: a\\n\\ndata: b\n\n", [one("a\\n\\ndata: b")]),
    "a NUL ends nothing": (b"data: a\0b\n\n", [one("a\0b")]),
}
