"""Streams of dialect `custom`, each with the table of a target file that describes them."""

import json
from typing import NamedTuple

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, OTHER, Plain, data, line, named


class Custom(NamedTuple):
    """`table` is what stands below `[endpoints.NAME.events]`."""

    table: str
    stream: bytes
    expected: list[Plain]
    kind: FailureKind | None = None


DIFY = """
text = { path = "answer", when = { event = "message" } }
done = { when = { event = "message_end" } }
tokens = "metadata.usage.completion_tokens"
citation = "metadata.retriever_resources"
error = { path = "code", when = { event = "error" } }
"""
NAMED = """
text = { path = "delta", when.event = ["token", "more"] }
done = { when.event = "end" }
error = { path = "reason.type", when.event = "fail" }
citation = { when.event = "source" }
stage_name = "step.0.name"
stage_ms = "step.0.ms"
stages_ms = "times"
tokens = "count"
"""
PLAIN = """
text = "data"
done = { when = { data = "[END]" } }
error = { when = { event = "error" } }
"""
UNMARKED = 'text = "t"\ndone = false'
LINES = 'framing = "ndjson"\ntext = "token"\ndone = { when.done = true }'
GEMINI = """
framing = "json"
text = "candidates.0.content.parts.0.text"
done = "candidates.0.finishReason"
tokens = "usageMetadata.candidatesTokenCount"
error = "error"
"""

CASES: dict[str, Custom] = {
    "the event in the JSON": Custom(
        DIFY,
        data({"event": "message", "answer": "Hi"})
        + data({"event": "agent_thought", "answer": "hm"})
        + b"event: ping\n\n"
        + data(
            {
                "event": "message_end",
                "metadata": {"usage": {"completion_tokens": 4}, "retriever_resources": [{}]},
            }
        ),
        [("text", "Hi"), OTHER, ("citation", None), ("done", 4)],
    ),
    "an error by its name and code": Custom(
        DIFY,
        data({"event": "message", "answer": "Hi"})
        + data({"event": "error", "code": "completion_request_error"}),
        [("text", "Hi"), ("error", "completion_request_error")],
        FailureKind.STREAM_ERROR,
    ),
    "the event's own name": Custom(
        NAMED,
        named("step", {"step": [{"name": "embed", "ms": 1.5}]})
        + named("source", {"id": 1})
        + named("token", {"delta": "Hi"})
        + named("thought", {"delta": "no"})
        + named("more", {"delta": " all"})
        + named("end", {"count": 2, "times": {"embed": 1.5, "generate": 2, "odd": "x"}}),
        [
            ("stage", ("embed", 1500.0)),
            ("citation", None),
            ("text", "Hi"),
            OTHER,
            ("text", " all"),
            ("stage", ("embed", 1500.0)),
            ("stage", ("generate", 2000.0)),
            ("done", 2),
        ],
    ),
    "an error whose code lies deeper": Custom(
        NAMED, named("fail", {"reason": {"type": "down"}}), [("error", "down")], FailureKind.STREAM_ERROR
    ),
    "usage by itself": Custom(NAMED, named("usage", {"count": 3}) + named("end", {}), [("usage", 3), DONE]),
    "plain text in the data": Custom(
        PLAIN,
        b'data: Hi\n\ndata:  {"a": 1}\n\ndata: 5\n\ndata:\n\ndata: a\ndata: b\n\ndata: [END]\n\n',
        [("text", "Hi"), ("text", ' {"a": 1}'), ("text", "5"), OTHER, ("text", "a\nb"), DONE],
    ),
    "an error among plain text": Custom(
        PLAIN,
        b"data: Hi\n\nevent: error\ndata: boom\n\n",
        [("text", "Hi"), ("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "no end mark where one is due": Custom(
        NAMED, named("token", {"delta": "Hi"}), [("text", "Hi")], FailureKind.TRUNCATED
    ),
    "no end mark where none is due": Custom(UNMARKED, data({"t": "Hi"}), [("text", "Hi")]),
    "cut inside an event where no end mark is due": Custom(
        UNMARKED, data({"t": "Hi"}) + b'data: {"t": "the', [("text", "Hi")], FailureKind.TRUNCATED
    ),
    "neither JSON nor anything else that a rule holds for": Custom(
        UNMARKED, data("Hi") + data([1]) + data("NaN"), [OTHER, OTHER, OTHER], FailureKind.PROTOCOL
    ),
    "what JSON does not know is taken all the same": Custom(
        UNMARKED, b'data: {"t": "\\ud800", "n": NaN}\n\n', [("text", "\ud800")]
    ),
    "paths that lead nowhere": Custom(
        'text = "a.0.b"\ndone = false',
        data({"a": []})
        + data({"a": {"0": {"b": "by key"}}})
        + data({"a": [{"b": None}]})
        + data({"a": [{"b": "x"}]}),
        [OTHER, ("text", "by key"), OTHER, ("text", "x")],
    ),
    "true is not 1, and false is nothing": Custom(
        LINES,
        line({"token": "a", "done": False}) + line({"token": "b", "done": 1}) + line({"done": True}),
        [("text", "a"), ("text", "b"), DONE],
    ),
    "a line without its end": Custom(LINES, line({"token": "a"}) + b'{"done":true}', [("text", "a"), DONE]),
    "text and end in one": Custom(LINES, line({"token": "all", "done": True}), [("text", "all"), DONE]),
    "text after the end": Custom(
        LINES, line({"done": True}) + line({"token": "x"}), [DONE, ("text", "x")], FailureKind.VALIDATION
    ),
    "an array of objects": Custom(
        GEMINI,
        json.dumps(
            [
                {"candidates": [{"content": {"parts": [{"text": 'a "}{" b'}]}}]},
                {
                    "candidates": [{"content": {"parts": [{"text": "ü"}]}, "finishReason": "STOP"}],
                    "usageMetadata": {"candidatesTokenCount": 7},
                },
            ],
            indent=1,
        ).encode(),
        [("text", 'a "}{" b'), ("text", "ü"), ("done", 7)],
    ),
    "objects without anything between": Custom(
        GEMINI,
        b'\xef\xbb\xbf{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}'
        b'\x1e{"candidates":[{"finishReason":"STOP"}]}\n',
        [("text", "a"), DONE],
    ),
    "an error object": Custom(
        GEMINI,
        b'[{"error":{"code":503,"status":"UNAVAILABLE"}}]',
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "cut inside an object": Custom(GEMINI, b'[{"candidates":[{"content":', [], FailureKind.TRUNCATED),
    "no objects at all": Custom(GEMINI, b"<html></html>", [], FailureKind.PROTOCOL),
    "nothing": Custom(GEMINI, b"", [], FailureKind.TRUNCATED),
}
