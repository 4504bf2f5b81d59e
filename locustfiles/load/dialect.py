"""The dialects that stream: their decoders, and the words for what these decode."""

from collections.abc import Callable, Mapping

from analysis.endpoint import Dialect
from locustfiles.load.openai_chat import OpenAiChatDecoder
from locustfiles.load.rag_events import RagEventsDecoder
from locustfiles.load.stream_event import EventKind, StreamDecoder, StreamEvent
from locustfiles.load.xnai import XnaiDecoder

__all__ = ["DECODERS", "EventKind", "StreamDecoder", "StreamEvent", "decoder_for"]

DECODERS: Mapping[Dialect, Callable[[], StreamDecoder]] = {
    Dialect.RAG_EVENTS: RagEventsDecoder,
    Dialect.OPENAI_CHAT: OpenAiChatDecoder,
    Dialect.XNAI: XnaiDecoder,
}


def decoder_for(dialect: Dialect) -> StreamDecoder:
    """A new decoder for one stream; raises KeyError for a dialect that does not stream."""
    return DECODERS[dialect]()
