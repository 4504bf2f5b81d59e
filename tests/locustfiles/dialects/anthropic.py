"""Streams of dialect `anthropic`."""

from analysis.failure import FailureKind
from tests.locustfiles.dialects.case import DONE, OTHER, Cases, data, named


def event(content: dict[str, object]) -> bytes:
    return named(str(content["type"]), content)


def delta(content: dict[str, object], index: int = 0) -> bytes:
    return event({"type": "content_block_delta", "index": index, "delta": content})


def text(said: str, index: int = 0) -> bytes:
    return delta({"type": "text_delta", "text": said}, index)


START = event({"type": "message_start", "message": {"id": "m", "content": [], "usage": {"output_tokens": 1}}})
BLOCK = event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
PING = event({"type": "ping"})
STOP = event({"type": "message_stop"})
USAGE = event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}})

CASES: Cases = {
    "a whole answer": (
        START
        + BLOCK
        + PING
        + text("Hello")
        + text("!")
        + event({"type": "content_block_stop", "index": 0})
        + USAGE
        + STOP,
        [OTHER, OTHER, OTHER, ("text", "Hello"), ("text", "!"), OTHER, ("usage", 15), DONE],
        None,
    ),
    "thinking and tools are no answer text": (
        delta({"type": "thinking_delta", "thinking": "hm"})
        + delta({"type": "signature_delta", "signature": "x"})
        + delta({"type": "input_json_delta", "partial_json": '{"text": "no"'}, 1)
        + text("yes", 2)
        + STOP,
        [OTHER, OTHER, OTHER, ("text", "yes"), DONE],
        None,
    ),
    "citations": (
        delta({"type": "citations_delta", "citation": {"cited_text": "x"}}) + text("x") + STOP,
        [("citation", None), ("text", "x"), DONE],
        None,
    ),
    "a block that begins with text": (
        event({"type": "content_block_start", "content_block": {"type": "text", "text": "Hi"}}) + STOP,
        [("text", "Hi"), DONE],
        None,
    ),
    "data without event names": (
        data({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}})
        + data({"type": "message_stop"}),
        [("text", "Hi"), DONE],
        None,
    ),
    "types that nobody knows": (
        event({"type": "weather", "delta": {"type": "text_delta", "text": "no"}}) + STOP,
        [OTHER, DONE],
        None,
    ),
    "overloaded in the middle": (
        text("Hel") + event({"type": "error", "error": {"type": "overloaded_error", "message": "sk-1"}}),
        [("text", "Hel"), ("error", "overloaded_error")],
        FailureKind.STREAM_ERROR,
    ),
    "an error without JSON": (
        b"event: error\ndata: boom\n\n",
        [("error", None)],
        FailureKind.STREAM_ERROR,
    ),
    "cut before message_stop": (
        text("Hello") + USAGE,
        [("text", "Hello"), ("usage", 15)],
        FailureKind.TRUNCATED,
    ),
    "two ends": (STOP + STOP, [DONE, DONE], FailureKind.VALIDATION),
    "text after the end": (STOP + text("late"), [DONE, ("text", "late")], FailureKind.VALIDATION),
    "a ping after the end": (text("a") + STOP + PING, [("text", "a"), DONE, OTHER], None),
    "no JSON": (data("hello") + STOP, [OTHER, DONE], FailureKind.PROTOCOL),
    "a delta without text": (delta({"type": "text_delta"}) + STOP, [OTHER, DONE], FailureKind.PROTOCOL),
    "a delta of nothing": (
        event({"type": "content_block_delta"}) + STOP,
        [OTHER, DONE],
        FailureKind.PROTOCOL,
    ),
}
