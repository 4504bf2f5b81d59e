"""Asking in the tests of the WebSocket client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gevent

from analysis.endpoint import Dialect, Endpoint, Expectation
from analysis.target_parts import Tls
from analysis.websocket import WebSocket
from locustfiles.load.dialect import new_decoders
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.websocket_client import Conversation, WebSocketClient
from tests.servers.frames import text
from tests.servers.truth import CERTIFICATE, Truth

QUESTION = b'{"question":"Why?"}'
DONE = text({"type": "done", "tokens": 3})
CHAT = Endpoint(
    name="chat",
    method="WS",
    path="/chat",
    dialect=Dialect.RAG_EVENTS,
    body={"question": "{question}"},
    expect=Expectation(status=(101,), min_text_chars=1),
    timeout_s=10.0,
    max_body_bytes=4096,
    websocket=WebSocket(),
)


def token(word: str) -> bytes:
    return text({"type": "token", "text": word})


@contextmanager
def chatting(
    truth: Truth, path: str, headers: dict[str, str] | None = None, **changes: Any
) -> Iterator[WebSocketClient]:
    """A client of its own, `changes` being those of the endpoint or of its WebSocket settings."""
    settings = {key: changes.pop(key) for key in list(changes) if hasattr(CHAT.websocket, key)}
    endpoint = replace(CHAT, path=path, websocket=WebSocket(**settings), **changes)
    tls = Tls(ca_file=str(CERTIFICATE)) if truth.secure else Tls()
    client = WebSocketClient(truth.url, endpoint, headers, tls=tls)
    try:
        yield client
    finally:
        client.close()


def begun(client: WebSocketClient, timeout_s: float = 10.0, question: bytes = QUESTION) -> Conversation:
    return client.stream(
        PreparedRequest("WS", question),
        sched_ns=now_ns(),
        decoder=new_decoders(CHAT)(),
        timeout_s=timeout_s,
        max_body_bytes=4096,
    )


def chatted(
    client: WebSocketClient, timeout_s: float = 10.0, question: bytes = QUESTION
) -> tuple[list[StreamEvent], Exchange]:
    conversation = begun(client, timeout_s, question)
    return list(conversation), conversation.exchange


def texts(events: list[StreamEvent]) -> list[str]:
    return [event.text for event in events if event.kind is EventKind.TEXT]


def failed(exchange: Exchange) -> tuple[str, str] | None:
    """Kind and detail."""
    return None if exchange.failure is None else (exchange.failure.kind.value, exchange.failure.detail)


def eventually(is_so: Callable[[], object], within_s: float = 5.0) -> None:
    """Let other greenlets run until it is so."""
    with gevent.Timeout(within_s):
        while not is_so():
            gevent.sleep(0.005)


def heard(truth: Truth) -> list[tuple[int, str]]:
    """Opcode and payload of every frame that the clients have sent."""
    return [
        (opcode, payload) for record in truth.records() for _, opcode, payload in record.get("frames", ())
    ]
