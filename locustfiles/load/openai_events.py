"""Dialects `openai-chat` and `openai-completions`: streamed answers of any OpenAI-compatible server."""

from collections.abc import Callable

import msgspec

from locustfiles.load.stream_end import StreamEnd, json_object, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

END_MARK = "[DONE]"


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None


class _ChatChoice(msgspec.Struct, gc=False):
    delta: _Delta | None = None


class _ChatChunk(msgspec.Struct, gc=False):
    """What a chunk with text holds, as far as it matters; anything else takes the slow way."""

    choices: tuple[_ChatChoice]
    error: None = None
    usage: None = None


class _TextChoice(msgspec.Struct, gc=False):
    text: str | None = None


class _TextChunk(msgspec.Struct, gc=False):
    """The same for completions."""

    choices: tuple[_TextChoice]
    error: None = None
    usage: None = None


_chat_chunk = msgspec.json.Decoder(_ChatChunk).decode
_text_chunk = msgspec.json.Decoder(_TextChunk).decode


class OpenAiEvents:
    """Ends properly with `data: [DONE]`. An error object is an error, whatever the status was."""

    __slots__ = ("_said", "end")

    def __init__(self, said: Callable[[dict[str, object]], object]) -> None:
        """`said` finds what one choice says."""
        self.end = StreamEnd()
        self._said = said

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        chunk = json_object(data)
        if chunk is None:
            return [self._without_object(name, data, stamp_ns)]
        error = chunk.get("error")
        if error or name == "error" or chunk.get("object") == "error":
            return [self.end.error(_code(error if isinstance(error, dict) else chunk), stamp_ns)]
        events = []
        text = self._text_of(chunk.get("choices"))
        usage = chunk.get("usage")
        if not text:
            self.end.said.update(chunk)
        else:
            events.append(StreamEvent(EventKind.TEXT, stamp_ns, text))
        if isinstance(usage, dict):
            tokens = whole(usage.get("completion_tokens"))
            events.append(StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens))
        return events or [StreamEvent(EventKind.OTHER, stamp_ns)]

    def _without_object(self, name: str, data: str, stamp_ns: int) -> StreamEvent:
        if data.strip() == END_MARK:
            return StreamEvent(EventKind.DONE, stamp_ns)
        if name == "error":
            return self.end.error(None, stamp_ns)
        return self.end.senseless("event without a JSON object", stamp_ns)

    def _text_of(self, choices: object) -> str:
        if not isinstance(choices, list):
            return ""
        said = [self._said(choice) for choice in choices if isinstance(choice, dict)]
        return "".join(text for text in said if isinstance(text, str))


class OpenAiChat(OpenAiEvents):
    """Answer text is `choices[].delta.content` when it is not empty.

    The first chunk, which names the role alone, is none, and neither are reasoning and tool calls.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_delta_content)

    def text(self, name: str, data: str) -> str | None:
        if name == "error":
            return None
        try:
            [choice] = _chat_chunk(data).choices
        except (msgspec.MsgspecError, RecursionError):
            return None
        delta = choice.delta
        return None if delta is None else delta.content


class OpenAiCompletions(OpenAiEvents):
    """Answer text is `choices[].text` when it is not empty."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_text)

    def text(self, name: str, data: str) -> str | None:
        if name == "error":
            return None
        try:
            [choice] = _text_chunk(data).choices
        except (msgspec.MsgspecError, RecursionError):
            return None
        return choice.text


def _delta_content(choice: dict[str, object]) -> object:
    delta = choice.get("delta")
    return delta.get("content") if isinstance(delta, dict) else None


def _text(choice: dict[str, object]) -> object:
    return choice.get("text")


def _code(error: dict[str, object]) -> object:
    """The most telling of the names that servers give an error."""
    return next((error[key] for key in ("code", "type") if isinstance(error.get(key), str)), None)
