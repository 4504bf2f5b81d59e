"""How each dialect says the same few things."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.endpoint import Dialect
from analysis.event_map import EventMap, EventRule
from tests.locustfiles.dialects.case import data, line, named

CUSTOM = EventMap(
    text=EventRule("t", {"type": ("token",)}),
    done=EventRule(None, {"type": ("end",)}),
    error=EventRule("code", {"type": ("error",)}),
)


@dataclass(frozen=True, slots=True)
class Words:
    """How one dialect says the same things."""

    text: bytes
    empty: bytes
    """An event of text that is empty."""
    end: bytes
    error_event: bytes
    error_data: bytes


WORDS: Mapping[Dialect, Words] = {
    Dialect.RAG_EVENTS: Words(
        named("token", {"text": "Hi"}),
        named("token", {"text": ""}),
        named("done", {"tokens": 0}),
        named("error", {"code": "llm_down"}),
        b"event: error\ndata: boom\n\n",
    ),
    Dialect.OPENAI_CHAT: Words(
        data({"choices": [{"delta": {"content": "Hi"}}]}),
        data({"choices": [{"delta": {"content": ""}}], "usage": {"completion_tokens": 0}}),
        data("[DONE]"),
        named("error", {"message": "overloaded"}),
        data({"error": {"message": "overloaded"}}),
    ),
    Dialect.OPENAI_COMPLETIONS: Words(
        data({"choices": [{"text": "Hi"}]}),
        data({"choices": [{"text": ""}]}),
        data("[DONE]"),
        b"event: error\ndata: overloaded\n\n",
        data({"object": "error", "message": "overloaded"}),
    ),
    Dialect.ANTHROPIC: Words(
        named(
            "content_block_delta",
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
        ),
        named("ping", {"type": "ping"}),
        named("message_stop", {"type": "message_stop"}),
        named("error", {"type": "error", "error": {"type": "overloaded_error"}}),
        data({"type": "error", "error": {"type": "overloaded_error"}}),
    ),
    Dialect.OLLAMA: Words(
        line({"message": {"content": "Hi"}, "done": False}),
        line({"message": {"content": ""}, "done": False}),
        line({"done": True, "eval_count": 0}),
        line({"error": "out of memory"}),
        line({"error": {"message": "out of memory"}}),
    ),
    Dialect.XNAI: Words(
        b'data: {"type": "token", "content": "Hi"}\\n\\n',
        b'data: {"type": "token", "content": ""}\\n\\n',
        b'data: {"type": "done", "tokens": 0}\\n\\n',
        b'data: {"type": "error", "error": "down"}\\n\\n',
        b'data: {"type": "error"}\\n\\n',
    ),
    Dialect.SUTAZAI: Words(
        data({"type": "token", "content": "Hi"}),
        data({"type": "token", "content": ""}),
        data({"type": "end", "full_response": ""}),
        data({"type": "error", "error": "name 'x' is not defined"}),
        data({"type": "error"}),
    ),
    Dialect.CUSTOM: Words(
        data({"type": "token", "t": "Hi"}),
        data({"type": "token", "t": ""}),
        data({"type": "end"}),
        data({"type": "error", "code": "down"}),
        data({"type": "error", "code": {"type": "down"}}),
    ),
}
