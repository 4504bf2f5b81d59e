"""Ends of streams: what no blank line ends is dropped, however much of it came."""

from tests.locustfiles.sse_cases.case import Cases, one

CASES: Cases = {
    "an end mark without its blank line": (b"data: x\n\ndata: [DONE]\n", [one("x")]),
    "an end mark without its line end": (b"data: x\n\ndata: [DONE]", [one("x")]),
    "an end mark with one CRLF": (b"data: x\r\n\r\ndata: [DONE]\r\n", [one("x")]),
    "an end mark with CRLF and half of one": (b"data: [DONE]\r\n\r", [one("[DONE]")]),
    "an end mark with CR and nothing": (b"data: [DONE]\r", []),
    "a name alone at the end": (b"data: x\n\nevent: done\n", [one("x")]),
    "a name and data at the end": (b"data: x\n\nevent: done\ndata: {}\n", [one("x")]),
    "an id at the end": (b"data: x\n\nid: 5\n", [one("x")]),
    "half a field at the end": (b"data: x\n\ndat", [one("x")]),
    "a field without its value at the end": (b"data: x\n\ndata:", [one("x")]),
    "a comment without its end": (b"data: x\n\n: bye", [one("x")]),
    "a comment at the end": (b"data: x\n\n: bye\n\n", [one("x")]),
    "half a character at the end": (b"data: x\n\ndata: \xe2\x82", [one("x")]),
    "several lines at the end": (b"data: x\n\ndata: y\ndata: z\n", [one("x")]),
    "blank lines at the end": (b"data: x\n\n\n\n\r\n", [one("x")]),
    "white space at the end": (b"data: x\n\n  ", [one("x")]),
    "NULs at the end": (b"data: x\n\n\0\0\0", [one("x")]),
    "half a JSON object": (b'data: {"a": 1}\n\ndata: {"a"', [one('{"a": 1}')]),
    "a named event, then half of one": (b"event: a\ndata: x\n\nevent: b\ndat", [one("x", "a")]),
    "a page after the events": (b"data: x\n\n<html></html>", [one("x")]),
}
