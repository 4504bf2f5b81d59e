"""Streams of dialect `openai-chat`."""

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, Cases, data, named


def chat(delta: object, **more: object) -> bytes:
    return data({"choices": [{"index": 0, "delta": delta}], **more})


CASES: Cases = {
    "a whole answer": (
        chat({"role": "assistant", "content": ""})
        + chat({"reasoning_content": "hm"})
        + chat({"content": "Hi"}, usage=None)
        + chat({"content": " there"})
        + chat({}, error=None)
        + data({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
        + data("[DONE]"),
        [
            ("other", None),
            ("other", None),
            ("text", "Hi"),
            ("text", " there"),
            ("other", None),
            ("usage", 2),
            DONE,
        ],
        None,
    ),
    "usage with each chunk": (
        chat({"content": "Hi"}, usage={"completion_tokens": 1}) + data("[DONE]"),
        [("text", "Hi"), ("usage", 1), DONE],
        None,
    ),
    "no space before the end mark": (b"data:[DONE]\r\n\r\n", [DONE], None),
    "no end mark": (
        chat({"content": "Hi"}),
        [("text", "Hi")],
        FailureKind.TRUNCATED,
    ),
    "an error object in a 200": (
        chat({"content": "Hi"})
        + data({"error": {"message": "key sk-1", "type": "server_error"}})
        + data("[DONE]"),
        [("text", "Hi"), ("error", "server_error"), DONE],
        FailureKind.STREAM_ERROR,
    ),
    "an error event": (
        named("error", "boom"),
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "no JSON": (
        data("nonsense") + data("[DONE]"),
        [("other", None), DONE],
        FailureKind.PROTOCOL,
    ),
    "strange shapes": (
        data({"choices": [1, {"delta": 2}, {}]}) + data({"choices": {}}) + data("[DONE]"),
        [("other", None), ("other", None), DONE],
        None,
    ),
}
