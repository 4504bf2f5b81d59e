"""Shapes in which services, frameworks and proxies send their events."""

import json

from tests.locustfiles.sse_cases.case import Cases, one

ROLE = '{"choices":[{"delta":{"role":"assistant","content":""}}]}'
HELLO = '{"choices":[{"delta":{"content":"Hello"}}]}'
SPACE = '{"choices":[{"delta":{"content":" "}}]}'
CODE = 'def f():\n\n    return "x"\t\n'
PRETTY = json.dumps({"a": [1, {"b": None}]}, indent=2)

CASES: Cases = {
    "an OpenAI answer": (
        f"data: {ROLE}\n\ndata: {HELLO}\n\ndata: [DONE]\n\n".encode(),
        [one(ROLE), one(HELLO), one("[DONE]")],
    ),
    "an OpenAI answer of CRLF": (
        f"data: {ROLE}\r\n\r\ndata: {HELLO}\r\n\r\ndata: [DONE]\r\n\r\n".encode(),
        [one(ROLE), one(HELLO), one("[DONE]")],
    ),
    "an OpenAI answer without spaces": (
        f"data:{HELLO}\n\ndata:[DONE]\n\n".encode(),
        [one(HELLO), one("[DONE]")],
    ),
    "a token of white space": (f"data: {SPACE}\n\n".encode(), [one(SPACE)]),
    "a keep-alive comment of a router": (
        f": OPENROUTER PROCESSING\n\ndata: {HELLO}\n\n".encode(),
        [one(HELLO)],
    ),
    "a keep-alive comment right before data": (
        f": keep-alive\ndata: {HELLO}\n\n".encode(),
        [one(HELLO)],
    ),
    "a ping with its time, of CRLF": (
        f": ping - 2026-01-01 00:00:00.000000+00:00\r\n\r\ndata: {HELLO}\r\n\r\n".encode(),
        [one(HELLO)],
    ),
    "an Anthropic answer": (
        b'event: message_start\ndata: {"type":"message_start"}\n\n'
        b'event: ping\ndata: {"type":"ping"}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        [
            one('{"type":"message_start"}', "message_start"),
            one('{"type":"ping"}', "ping"),
            one('{"type":"message_stop"}', "message_stop"),
        ],
    ),
    "a RAG answer of typed events": (
        b'event: stage\ndata: {"name":"embed"}\n\nevent: token\ndata: {"text":"So"}\n\n'
        b'event: done\ndata: {"tokens":1}\n\n',
        [
            one('{"name":"embed"}', "stage"),
            one('{"text":"So"}', "token"),
            one('{"tokens":1}', "done"),
        ],
    ),
    "fields in Java's order, without spaces": (
        b"id:1\nevent:token\ndata:So\n\nid:2\nevent:token\ndata:.\n\n",
        [one("So", "token", "1"), one(".", "token", "2")],
    ),
    "an id for each event": (
        b"id: 1-0\ndata: a\n\nid: 1-1\ndata: b\n\n",
        [one("a", last_id="1-0"), one("b", last_id="1-1")],
    ),
    "a retry time first": (b"retry: 5000\n\ndata: a\n\n", [one("a")]),
    "all fields first, data after": (b"retry: 1\nid: 1\nevent: a\ndata: a\n\n", [one("a", "a", "1")]),
    "padding before the first event": (b": " + b"p" * 1024 + b"\n\ndata: a\n\n", [one("a")]),
    "pretty JSON over several lines": (
        "".join(f"data: {line}\n" for line in PRETTY.split("\n")).encode() + b"\n",
        [one(PRETTY)],
    ),
    "code over several lines": (
        "".join(f"data: {line}\n" for line in CODE.split("\n")).encode() + b"\n",
        [one(CODE)],
    ),
    "code in JSON": (f"data: {json.dumps(CODE)}\n\n".encode(), [one(json.dumps(CODE))]),
    "JSON that holds escaped events": (
        b'data: {"t":"a\\n\\ndata: b\\n\\n"}\n\n',
        [one('{"t":"a\\n\\ndata: b\\n\\n"}')],
    ),
    "plain words": (b"data: Hello\n\ndata:  world\n\n", [one("Hello"), one(" world")]),
    "plain words with a line end as a token": (
        b"data: a\n\ndata: \ndata: \n\ndata: b\n\n",
        [one("a"), one("\n"), one("b")],
    ),
    "an empty token": (b"data: \n\ndata: a\n\n", [one(""), one("a")]),
    "a list as data": (b"data: [1, 2]\n\n", [one("[1, 2]")]),
    "a number as data": (b"data: 5\n\n", [one("5")]),
    "base64 as data": (b"data: aGVsbG8=\n\n", [one("aGVsbG8=")]),
    "an error as data": (
        b'data: {"error":{"message":"overloaded"}}\n\n',
        [one('{"error":{"message":"overloaded"}}')],
    ),
    "an error by its name": (b'event: error\ndata: {"code":"down"}\n\n', [one('{"code":"down"}', "error")]),
    "an error without data is none": (b"event: error\n\ndata: x\n\n", [one("x")]),
    "an event called data": (
        b"event: data\ndata: x\n\nevent: end\ndata\n\n",
        [one("x", "data"), one("", "end")],
    ),
    "events parted by the four characters": (
        b'data: {"type":"token"}\\n\\ndata: {"type":"done"}\\n\\n',
        [],
    ),
    "events parted by one line end": (b'data: {"a":1}\ndata: {"a":2}\n\n', [one('{"a":1}\n{"a":2}')]),
    "lines of JSON without fields": (b'{"response":"a"}\n{"done":true}\n', []),
    "a Vercel data stream": (b'0:"Hello"\nd:{"finishReason":"stop"}\n\ndata: x\n\n', [one("x")]),
    "markdown with a rule": (b"data: ---\ndata: # Title\n\n", [one("---\n# Title")]),
    "a URL": (b"data: http://h/?a=b:c\n\n", [one("http://h/?a=b:c")]),
    "quotes and backslashes": (b'data: \\"\\\\ \n\n', [one('\\"\\\\ ')]),
    "an event and half a next one in the same breath": (b"data: a\n\ndata: b", [one("a")]),
}
