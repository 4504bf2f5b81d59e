"""The dialects that stream: their decoders, and the words for what these decode."""

from collections.abc import Callable, Mapping
from functools import partial

from analysis.endpoint import Dialect, Endpoint
from analysis.event_map import Framing
from locustfiles.load.anthropic_events import AnthropicEvents
from locustfiles.load.custom_events import CompiledMap, CustomEvents
from locustfiles.load.event_reader import EventReader
from locustfiles.load.framed_decoder import FramedDecoder
from locustfiles.load.framing import MAX_EVENT_BYTES, Framer, WholeMessages
from locustfiles.load.json_objects import JsonObjects
from locustfiles.load.ndjson import NdjsonDecoder
from locustfiles.load.ollama_events import OllamaEvents
from locustfiles.load.openai_events import OpenAiChat, OpenAiCompletions
from locustfiles.load.rag_events import RagEvents, RagMessages
from locustfiles.load.sse import SseDecoder
from locustfiles.load.stream_event import EventKind, StreamDecoder, StreamEvent
from locustfiles.load.sutazai_events import SutazaiEvents
from locustfiles.load.text_stream import TextStreamDecoder
from locustfiles.load.xnai_events import XNAI_SURROUNDINGS, XnaiEvents

__all__ = [
    "DECODERS",
    "READERS",
    "EventKind",
    "NewDecoder",
    "StreamDecoder",
    "StreamEvent",
    "decoder_for",
    "new_decoders",
    "new_readers",
]

NewDecoder = Callable[[], StreamDecoder]
"""Makes the decoder of one stream."""

_NewFramer = Callable[[int], Framer]
NewReader = Callable[[], EventReader]
"""Makes what reads the messages of one stream."""

READERS: Mapping[Dialect, NewReader] = {
    Dialect.RAG_EVENTS: RagEvents,
    Dialect.OPENAI_CHAT: OpenAiChat,
    Dialect.OPENAI_COMPLETIONS: OpenAiCompletions,
    Dialect.ANTHROPIC: AnthropicEvents,
    Dialect.OLLAMA: OllamaEvents,
    Dialect.XNAI: XnaiEvents,
    Dialect.SUTAZAI: SutazaiEvents,
}

_MESSAGE_READERS: Mapping[Dialect, NewReader] = {**READERS, Dialect.RAG_EVENTS: RagMessages}
"""A message has no name beside it."""

_FRAMERS: Mapping[Dialect, _NewFramer] = {
    Dialect.OLLAMA: NdjsonDecoder,
    Dialect.XNAI: partial(JsonObjects, surroundings=XNAI_SURROUNDINGS),
}
_FRAMINGS: Mapping[Framing, _NewFramer] = {
    Framing.SSE: SseDecoder,
    Framing.NDJSON: NdjsonDecoder,
    Framing.JSON: JsonObjects,
}


def _framed(new_framer: _NewFramer, new_reader: NewReader, max_event_bytes: int) -> FramedDecoder:
    return FramedDecoder(new_framer(max_event_bytes), new_reader())


def _text_stream(_max_event_bytes: int) -> TextStreamDecoder:
    return TextStreamDecoder()


DECODERS: Mapping[Dialect, Callable[[int], StreamDecoder]] = {
    **{
        dialect: partial(_framed, _FRAMERS.get(dialect, SseDecoder), new_reader)
        for dialect, new_reader in READERS.items()
    },
    Dialect.TEXT_STREAM: _text_stream,
}
"""All but `custom`; each takes the bytes that an event may be long at most."""


def decoder_for(dialect: Dialect, max_event_bytes: int = MAX_EVENT_BYTES) -> StreamDecoder:
    """A new decoder for one stream; raises KeyError for a dialect that does not stream or is not fixed."""
    return DECODERS[dialect](max_event_bytes)


def new_decoders(endpoint: Endpoint) -> NewDecoder:
    """What makes the decoders of an endpoint that streams.

    Over a WebSocket each call of a decoder's `feed` gets one whole message.
    """
    if endpoint.websocket is not None:
        new_reader = _MESSAGE_READERS[endpoint.dialect] if endpoint.events is None else _custom(endpoint)
        return partial(_messages, new_reader)
    if endpoint.events is not None:
        new_framer = _FRAMINGS[endpoint.events.framing]
        return partial(_framed, new_framer, _custom(endpoint), endpoint.max_event_bytes)
    return partial(DECODERS[endpoint.dialect], endpoint.max_event_bytes)


def new_readers(endpoint: Endpoint) -> NewReader:
    """What makes the readers of an endpoint that streams server-sent events."""
    return READERS[endpoint.dialect] if endpoint.events is None else _custom(endpoint)


def _messages(new_reader: NewReader) -> FramedDecoder:
    return FramedDecoder(WholeMessages(), new_reader())


def _custom(endpoint: Endpoint) -> Callable[[], CustomEvents]:
    assert endpoint.events is not None  # noqa: S101 -- the callers have asked; for the type checker
    return partial(CustomEvents, CompiledMap(endpoint.events, endpoint.stage_json))
