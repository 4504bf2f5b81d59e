"""Streams of dialect `sutazai`."""

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, OTHER, Cases, data


def token(content: object) -> bytes:
    return data({"type": "token", "content": content})


START = data({"type": "start", "session_id": "s"})
END = data({"type": "end", "full_response": "Hi there"})

CASES: Cases = {
    "a whole answer": (
        START + token("Hi ") + token("there") + END,
        [OTHER, ("text", "Hi "), ("text", "there"), DONE],
        None,
    ),
    "an empty token": (token("") + token("x") + END, [OTHER, ("text", "x"), DONE], None),
    "start and an error": (
        START + data({"type": "error", "error": "name 'x' is not defined"}),
        [OTHER, ("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "no end": (START + token("Hi"), [OTHER, ("text", "Hi")], FailureKind.TRUNCATED),
    "text after the end": (END + token("x"), [DONE, ("text", "x")], FailureKind.VALIDATION),
    "a token without content": (token(None) + END, [OTHER, DONE], FailureKind.PROTOCOL),
    "no JSON": (data("Hi") + END, [OTHER, DONE], FailureKind.PROTOCOL),
    "the chat socket's words": (
        data({"type": "stream_start"})
        + data({"type": "stream_chunk", "content": "Hi", "done": False})
        + data({"type": "stream_chunk", "content": "", "done": True})
        + data({"type": "stream_end", "full_response": "Hi"}),
        [OTHER, ("text", "Hi"), OTHER, DONE],
        None,
    ),
    "the other socket's words": (
        data({"type": "typing", "status": "thinking"})
        + token("Hi")
        + data({"type": "complete", "response": "Hi"}),
        [OTHER, ("text", "Hi"), DONE],
        None,
    ),
    "an answer in one": (data({"type": "response", "content": "Hi"}), [("text", "Hi"), DONE], None),
}
