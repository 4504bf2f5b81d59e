"""One stream as bytes, what it means, and how it fails."""

import json
from collections.abc import Callable, Mapping, Sequence

from analysis.failure import Failure, FailureKind
from locustfiles.load.dialect import EventKind, StreamDecoder, StreamEvent

STAMP_NS = 7

Plain = tuple[str, object]
"""An event's kind and the one thing that this kind carries."""

Cases = Mapping[str, tuple[bytes, Sequence[Plain], FailureKind | None]]

DONE: Plain = ("done", None)
OTHER: Plain = ("other", None)


def named(name: str, content: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


def data(content: object) -> bytes:
    return f"data: {content if isinstance(content, str) else json.dumps(content)}\n\n".encode()


def line(content: object) -> bytes:
    return f"{json.dumps(content)}\n".encode()


def decoded(
    new_decoder: Callable[[], StreamDecoder], *pieces: bytes
) -> tuple[list[StreamEvent], Failure | None]:
    decoder = new_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece, STAMP_NS)]
    events += decoder.rest(STAMP_NS)
    return events, decoder.finish()


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[index : index + 1] for index in range(len(stream))]


def plain(events: Sequence[StreamEvent]) -> list[Plain]:
    return [(event.kind.value, _carried(event)) for event in events]


def _carried(event: StreamEvent) -> object:
    match event.kind:
        case EventKind.TEXT:
            return event.text
        case EventKind.STAGE:
            return (event.name, event.duration_us)
        case EventKind.USAGE | EventKind.DONE:
            return event.tokens
        case EventKind.ERROR:
            return event.name
        case _:
            return None
