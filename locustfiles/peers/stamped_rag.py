"""The suite's own users, with what a benchmark must know of each stream and the run log does not keep.

Environment variables say which of the changes below are made; without them it is `rag.py`.
"""

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from analysis.endpoint import Dialect
from analysis.failure import Failure
from locustfiles.load import dialect, websocket_client, wire
from locustfiles.load.sse import SseDecoder
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.stream_exchange import StreamExchange
from locustfiles.load.text_run import TextRun
from locustfiles.load.websocket_client import Conversation
from locustfiles.peers.rounds import ROUND, Rounds
from locustfiles.peers.stream_log import AS_TEXT, OUTPUT, StreamLog
from locustfiles.rag import Arrivals, HealthUser, QueryUser, StreamUser

__all__ = ["Arrivals", "HealthUser", "QueryUser", "StreamUser"]


class StampedExchange(StreamExchange):
    """Hands everything through, and writes the stamps of the text events to a file."""

    def reads(self) -> Iterator[Sequence[StreamEvent]]:
        stamps_ns, first = array("q"), ""
        for events in super().reads():
            for event in events:
                if event.kind is EventKind.TEXT:
                    stamps_ns.append(event.stamp_ns)
                    first = first or event.text
            yield events
        if self.exchange.failure is None and self.exchange.send_ns is not None:
            shared(StreamLog, os.environ[OUTPUT]).add(first, self.exchange.send_ns, now_ns(), stamps_ns)


class RoundExchange(StreamExchange):
    """Hands everything through, and tells the server when a round was read."""

    def reads(self) -> Iterator[Sequence[StreamEvent]]:
        return noted(super().reads())


class RoundConversation(Conversation):
    """The same over a WebSocket."""

    def reads(self) -> Iterator[Sequence[StreamEvent]]:
        return noted(super().reads())


def noted(reads: Iterator[Sequence[StreamEvent]]) -> Iterator[Sequence[StreamEvent]]:
    rounds = shared(Rounds)
    for events in reads:
        for event in events:
            if event.kind is EventKind.TEXT:
                rounds.seen()
        yield events


class DataAsText:
    """Takes the data of each event for text, as it is."""

    said: Mapping[str, object] = {}
    is_lost = False

    def __init__(self, _max_event_bytes: int) -> None:
        self._sse = SseDecoder()

    def feed(self, data: bytes, stamp_ns: int) -> Sequence[StreamEvent]:
        return TextRun([text for _, text, _ in self._sse.feed(data)], stamp_ns)

    def rest(self, _stamp_ns: int) -> list[StreamEvent]:
        return []

    def finish(self) -> Failure | None:
        return None


shared = cache(lambda kind, *arguments: kind(*arguments))
"""One of each in this process, made when the first user needs it."""


def _change() -> None:
    if OUTPUT in os.environ:
        vars(wire)["StreamExchange"] = StampedExchange
    elif ROUND in os.environ:
        vars(wire)["StreamExchange"] = RoundExchange
        vars(websocket_client)["Conversation"] = RoundConversation
    if AS_TEXT in os.environ:
        vars(dialect)["DECODERS"] = {**dialect.DECODERS, Dialect.OPENAI_CHAT: DataAsText}


_change()
