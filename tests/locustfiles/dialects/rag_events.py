"""Streams of dialect `rag-events`."""

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, Cases, data, named

CASES: Cases = {
    "a whole answer": (
        named("stage", {"name": "embed", "ms": 1.5})
        + named("citation", {"id": "p1", "title": "t", "score": 0.5})
        + named("token", {"text": ""})
        + named("token", {"text": "Hello"})
        + named("token", {"text": " wörld"})
        + named("done", {"tokens": 2, "timings_ms": {"embed": 1.5, "generate": 20}}),
        [
            ("stage", ("embed", 1500.0)),
            ("citation", None),
            ("other", None),
            ("text", "Hello"),
            ("text", " wörld"),
            ("stage", ("generate", 20_000.0)),
            ("done", 2),
        ],
        None,
    ),
    "an error event": (
        named("token", {"text": "Hel"}) + named("error", {"code": "llm_down", "message": "host 10.0.0.1"}),
        [("text", "Hel"), ("error", "llm_down")],
        FailureKind.STREAM_ERROR,
    ),
    "an error without JSON": (
        b"event: error\ndata: boom\n\n",
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "done is missing": (
        named("token", {"text": "Hel"}),
        [("text", "Hel")],
        FailureKind.TRUNCATED,
    ),
    "done without its blank line": (
        named("token", {"text": "Hel"}) + b'event: done\ndata: {"tokens": 1}\n',
        [("text", "Hel")],
        FailureKind.TRUNCATED,
    ),
    "two ends": (
        named("done", {}) * 2,
        [DONE, DONE],
        FailureKind.VALIDATION,
    ),
    "text after the end": (
        named("done", {}) + named("token", {"text": "x"}),
        [DONE, ("text", "x")],
        FailureKind.VALIDATION,
    ),
    "a comment after the end": (
        named("done", {}) + b": bye\n\n",
        [DONE],
        None,
    ),
    "token without JSON": (
        b"event: token\ndata: Hel\n\n" + named("done", {}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "token without text": (
        named("token", {"txt": "Hel"}) + named("done", {}),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "unknown events": (
        named("heartbeat", 1) + data("x") + named("done", {"tokens": True}),
        [("other", None), ("other", None), DONE],
        None,
    ),
    "a page instead of a stream": (
        b"<html>\n\n<body>\n\n",
        [],
        FailureKind.TRUNCATED,
    ),
    "nothing": (b"", [], FailureKind.TRUNCATED),
}
