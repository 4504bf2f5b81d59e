"""Streams of dialect `ollama`."""

import json

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, OTHER, Cases, line


def chat(content: str, **more: object) -> bytes:
    return line({"model": "m", "message": {"role": "assistant", "content": content}, "done": False, **more})


def generate(response: str) -> bytes:
    return line({"model": "m", "created_at": "2026-01-01T00:00:00Z", "response": response, "done": False})


LAST = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 6_000_000,
    "load_duration": 1_000_000,
    "prompt_eval_count": 9,
    "prompt_eval_duration": 2_000_500,
    "eval_count": 2,
    "eval_duration": 3_000_000,
}
STAGES = [("stage", ("load", 1000.0)), ("stage", ("prompt_eval", 2000.5)), ("stage", ("eval", 3000.0))]

CASES: Cases = {
    "a chat": (
        chat("Hi") + chat(" thère\u2028") + line({"message": {"role": "assistant", "content": ""}, **LAST}),
        [("text", "Hi"), ("text", " thère\u2028"), *STAGES, ("done", 2)],
        None,
    ),
    "a completion": (
        generate("Hi") + generate("!") + line({"response": "", "context": [1, 2], **LAST}),
        [("text", "Hi"), ("text", "!"), *STAGES, ("done", 2)],
        None,
    ),
    "text in the last line": (
        line({"response": "all", **LAST}),
        [("text", "all"), *STAGES, ("done", 2)],
        None,
    ),
    "the last line without its line end": (
        generate("Hi") + json.dumps({"response": "", "done": True}).encode(),
        [("text", "Hi"), DONE],
        None,
    ),
    "thinking and tools are no answer text": (
        line({"message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": False})
        + line({"message": {"content": "", "tool_calls": [{}]}, "done": False})
        + chat("Hi")
        + line({"done": True}),
        [OTHER, OTHER, ("text", "Hi"), DONE],
        None,
    ),
    "CRLF and empty lines": (
        b'\xef\xbb\xbf\r\n{"response":"Hi","done":false}\r\n\n  \n{"done":true}\r\n',
        [("text", "Hi"), DONE],
        None,
    ),
    "an error in a 200": (
        chat("Hi") + line({"error": "model runner at 10.0.0.1 has stopped"}),
        [("text", "Hi"), ("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "cut inside a line": (
        chat("Hi") + b'{"message":{"content":"th',
        [("text", "Hi")],
        FailureKind.TRUNCATED,
    ),
    "no last line": (chat("Hi"), [("text", "Hi")], FailureKind.TRUNCATED),
    "nothing": (b"", [], FailureKind.TRUNCATED),
    "two ends": (line({"done": True}) * 2, [DONE, DONE], FailureKind.VALIDATION),
    "text after the end": (
        line({"done": True}) + chat("late"),
        [DONE, ("text", "late")],
        FailureKind.VALIDATION,
    ),
    "no JSON": (b"hello\n" + line({"done": True}), [OTHER, DONE], FailureKind.PROTOCOL),
    "another JSON": (line({"status": "ok"}) + line({"done": True}), [OTHER, DONE], FailureKind.PROTOCOL),
    "a page instead of a stream": (
        b"<html>\n</html>\n",
        [OTHER, OTHER],
        FailureKind.PROTOCOL,
    ),
    "numbers that are none": (
        line({"done": True, "eval_count": -1, "eval_duration": "1", "load_duration": True}),
        [DONE],
        None,
    ),
}
