"""Streams of dialect `xnai`."""

import json

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, Cases

TRICKY = 'a\\n\\ndata: {"type": "token"} } "quoted\\" é😀\n\n\\'


def xnai(content: object, separator: str = "\\n\\n") -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}{separator}".encode()


CASES: Cases = {
    "a whole answer": (
        xnai({"type": "sources", "sources": ["a", "b"]})
        + xnai({"type": "token", "content": ""})
        + xnai({"type": "token", "content": TRICKY})
        + xnai({"type": "done", "tokens": 1, "latency_ms": 12.5}),
        [
            ("citation", None),
            ("other", None),
            ("text", TRICKY),
            ("stage", ("generate", 12_500.0)),
            ("done", 1),
        ],
        None,
    ),
    "an empty retrieval": (
        xnai({"type": "sources", "sources": []})
        + xnai({"type": "token", "content": "Hi"})
        + xnai({"type": "done"}),
        [("other", None), ("text", "Hi"), DONE],
        None,
    ),
    "real line ends": (
        xnai({"type": "token", "content": "Hi"}, "\n\n") + xnai({"type": "done"}, "\r\n\r\n"),
        [("text", "Hi"), DONE],
        None,
    ),
    "an error in a 200": (
        xnai({"type": "error", "error": "cannot reach redis://:pw@host"}),
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "cut inside an event": (
        xnai({"type": "token", "content": "Hi"}) + b'data: {"type": "done", "tok',
        [("text", "Hi")],
        FailureKind.TRUNCATED,
    ),
    "no JSON": (b"data: {nonsense}\\n\\n", [("other", None)], FailureKind.PROTOCOL),
    "a page instead of a stream": (b"<html>", [], FailureKind.PROTOCOL),
    "a token without content": (
        xnai({"type": "token"}) + xnai({"type": "done"}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "two ends": (xnai({"type": "done"}) * 2, [DONE, DONE], FailureKind.VALIDATION),
    "unknown types": (
        xnai({"type": "stats", "inner": {"a": {}}}) + xnai({"type": "done"}),
        [("other", None), DONE],
        None,
    ),
    "nothing": (b"", [], FailureKind.TRUNCATED),
}
