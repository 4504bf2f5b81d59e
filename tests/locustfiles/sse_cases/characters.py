"""Characters: UTF-8 of every length, cut anywhere, broken ones, and byte order marks."""

from tests.locustfiles.sse_cases.case import Cases, one

BOM = b"\xef\xbb\xbf"
BROKEN = "\ufffd"

CASES: Cases = {
    "two bytes a character": ("data: åéñß\n\n".encode(), [one("åéñß")]),
    "three bytes a character": ("data: €한日\n\n".encode(), [one("€한日")]),
    "four bytes a character": ("data: 😀𝄞\n\n".encode(), [one("😀𝄞")]),
    "a family of seven code points": (
        "data: 👨\u200d👩\u200d👧\u200d👦\n\n".encode(),
        [one("👨\u200d👩\u200d👧\u200d👦")],
    ),
    "a combining accent": ("data: e\u0301\n\n".encode(), [one("e\u0301")]),
    "a script from right to left": ("data: שלום\u200f\n\n".encode(), [one("שלום\u200f")]),
    "a variation selector": ("data: ☺\ufe0f\n\n".encode(), [one("☺\ufe0f")]),
    "the last code point": ("data: \U0010ffff\n\n".encode(), [one("\U0010ffff")]),
    "characters on two lines": ("data: é\ndata: 😀\n\n".encode(), [one("é\n😀")]),
    "characters in all fields": ("id: ü\nevent: ö\ndata: ä\n\n".encode(), [one("ä", "ö", "ü")]),
    "JSON with characters as they are": ('data: {"t":"ü😀"}\n\n'.encode(), [one('{"t":"ü😀"}')]),
    "JSON with escapes": (b'data: {"t":"\\ud83d\\ude00"}\n\n', [one('{"t":"\\ud83d\\ude00"}')]),
    "a byte that never is UTF-8": (b"data: a\xffb\n\n", [one(f"a{BROKEN}b")]),
    "two such bytes": (b"data: \xfe\xff\n\n", [one(BROKEN * 2)]),
    "a byte that goes on from nothing": (b"data: a\x80b\n\n", [one(f"a{BROKEN}b")]),
    "half of two bytes": (b"data: \xc3\n\n", [one(BROKEN)]),
    "two thirds of three bytes": (b"data: \xe2\x82\n\n", [one(BROKEN)]),
    "three quarters of four bytes": (b"data: \xf0\x9f\x98\n\n", [one(BROKEN)]),
    "half a character before another": (b"data: \xe2\x82\xc3\xa4\n\n", [one(f"{BROKEN}ä")]),
    "a surrogate": (b"data: \xed\xa0\x80\n\n", [one(BROKEN * 3)]),
    "too long a spelling of a slash": (b"data: \xc0\xaf\n\n", [one(BROKEN * 2)]),
    "beyond the last code point": (b"data: \xf4\x90\x80\x80\n\n", [one(BROKEN * 4)]),
    "Latin-1": ("data: é!\n\n".encode("latin-1"), [one(f"{BROKEN}!")]),
    "a broken character harms no other event": (
        b"data: a\n\ndata: \xff\n\ndata: b\n\n",
        [one("a"), one(BROKEN), one("b")],
    ),
    "a broken character in a name": (b"event: \xff\ndata: x\n\n", [one("x", BROKEN)]),
    "a broken character in a field's name": (b"d\xffata: no\ndata: x\n\n", [one("x")]),
    "a line end after half a character": (
        b"data: \xe2\x82\r\n\r\ndata: x\n\n",
        [one(BROKEN), one("x")],
    ),
    "a BOM at the start is dropped": (BOM + b"data: x\n\n", [one("x")]),
    "a BOM before a blank line": (BOM + b"\n\ndata: x\n\n", [one("x")]),
    "a BOM before a comment": (BOM + b": c\n\ndata: x\n\n", [one("x")]),
    "a BOM before CRLF": (BOM + b"\r\ndata: x\r\n\r\n", [one("x")]),
    "a BOM and nothing": (BOM, []),
    "of two BOMs one is dropped": (BOM + BOM + b"data: no\n\ndata: x\n\n", [one("x")]),
    "a BOM later belongs to its line": (
        b"data: x\n\n" + BOM + b"data: no\n\ndata: y\n\n",
        [one("x"), one("y")],
    ),
    "a BOM in the data is data": (b"data: " + BOM + b"x\n\n", [one("\ufeffx")]),
    "half a BOM is none": (b"\xef\xbbdata: no\n\ndata: x\n\n", [one("x")]),
    "a third of a BOM is none": (b"\xefdata: no\n\ndata: x\n\n", [one("x")]),
    "half a BOM and nothing": (b"\xef\xbb", []),
    "UTF-16 is no event": ("data: x\n\n".encode("utf-16"), []),
    "control characters are data": (b"data: \x01\x1b[0m\x7f\n\n", [one("\x01\x1b[0m\x7f")]),
    "NUL in the data is data": (b"data: \0\n\n", [one("\0")]),
    "NUL in a name is part of it": (b"event: a\0\ndata: x\n\n", [one("x", "a\0")]),
}
