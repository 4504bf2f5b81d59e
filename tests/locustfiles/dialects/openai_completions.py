"""Streams of dialect `openai-completions`."""

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, OTHER, Cases, data


def chunk(text: object, **more: object) -> bytes:
    return data({"object": "text_completion", "choices": [{"index": 0, "text": text}], **more})


CASES: Cases = {
    "a whole answer": (
        chunk("")
        + chunk("Once", usage=None)
        + chunk(" upon")
        + data({"choices": [], "usage": {"completion_tokens": 2}})
        + data("[DONE]"),
        [OTHER, ("text", "Once"), ("text", " upon"), ("usage", 2), DONE],
        None,
    ),
    "two choices in one chunk": (
        data({"choices": [{"text": "a"}, {"text": "b"}]}) + data("[DONE]"),
        [("text", "ab"), DONE],
        None,
    ),
    "a chat's chunk": (
        data({"choices": [{"delta": {"content": "Hi"}}]}) + data("[DONE]"),
        [OTHER, DONE],
        None,
    ),
    "an error as an object of its own": (
        chunk("Once") + data({"object": "error", "message": "sk-1 is over", "type": "BadRequestError"}),
        [("text", "Once"), ("error", "BadRequestError")],
        FailureKind.STREAM_ERROR,
    ),
    "no end mark": (chunk("Once"), [("text", "Once")], FailureKind.TRUNCATED),
    "text after the end mark": (
        data("[DONE]") + chunk("late"),
        [DONE, ("text", "late")],
        FailureKind.VALIDATION,
    ),
}
