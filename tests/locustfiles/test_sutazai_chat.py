"""SutazAI's two chats, driven as its target file says, by a server that speaks them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gevent
import pytest

from analysis.target import load_target
from locustfiles.load.body_template import BodyTemplate
from locustfiles.load.dialect import new_decoders
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.websocket_client import WebSocketClient
from tests.locustfiles.chatting import eventually, failed, texts
from tests.servers.sutazai import Sutazai, sutazai_server
from tests.servers.sutazai_server import WORDS

TARGET = load_target("sutazai")
QUESTION = "How much does she carry?"


@pytest.fixture(scope="module")
def server() -> Iterator[Sutazai]:
    with sutazai_server(idle_s=0.3) as running:
        yield running


class Talk:
    """A user of one endpoint of the target; `changes` are those of what it sends."""

    def __init__(self, server: Sutazai, name: str, path: str | None, changes: dict[str, Any]) -> None:
        endpoint = TARGET.endpoints[name]
        assert isinstance(endpoint.body, dict)
        self.endpoint = replace(
            endpoint,
            path=path or endpoint.path,
            body={**endpoint.body, **changes},
            timeout_s=5.0,
            first_byte_timeout_s=0.5,
            idle_timeout_s=0.5,
        )
        self.client = WebSocketClient(server.url, self.endpoint)

    def ask(self, question: str = QUESTION) -> tuple[list[StreamEvent], Exchange]:
        conversation = self.client.stream(
            PreparedRequest("WS", BodyTemplate(self.endpoint.body).fill(question) or b""),
            sched_ns=now_ns(),
            decoder=new_decoders(self.endpoint)(),
            timeout_s=self.endpoint.timeout_s,
            max_body_bytes=self.endpoint.max_body_bytes,
        )
        return list(conversation), conversation.exchange


@contextmanager
def talking(server: Sutazai, name: str, path: str | None = None, **changes: Any) -> Iterator[Talk]:
    talk = Talk(server, name, path, changes)
    try:
        yield talk
    finally:
        talk.client.close()


@pytest.mark.parametrize(("name", "path"), [("chat", None), ("chat", "/ws"), ("jarvis", None)])
def test_answers_come_word_by_word_on_one_connection(server: Sutazai, name: str, path: str | None) -> None:
    before = server.counted(name)
    with talking(server, name, path) as talk:
        for _ in range(3):
            events, exchange = talk.ask()

            assert failed(exchange) is None
            assert texts(events) == list(WORDS)
            assert events[-1].kind is EventKind.DONE
            assert len({event.stamp_ns for event in events if event.kind is EventKind.TEXT}) > 5
        assert talk.client.opened == 1
    assert server.counted(name) == before + 3


@pytest.mark.parametrize("name", ["chat", "jarvis"])
def test_the_greeting_is_no_part_of_an_answer(server: Sutazai, name: str) -> None:
    with talking(server, name) as talk:
        events, exchange = talk.ask()

    said_before = [event for event in events if event.kind is EventKind.OTHER]
    first_text = next(event for event in events if event.kind is EventKind.TEXT)
    assert exchange.handshake_ns is not None
    assert exchange.first_ns == events[0].stamp_ns < first_text.stamp_ns
    assert said_before[0].stamp_ns > (exchange.send_ns or 0)


@pytest.mark.parametrize("name", ["chat", "jarvis"])
def test_an_answer_that_is_not_streamed_is_one_text(server: Sutazai, name: str) -> None:
    with talking(server, name, stream=False) as talk:
        events, exchange = talk.ask()

    assert (texts(events), failed(exchange)) == (["".join(WORDS)], None)


@pytest.mark.parametrize("name", ["chat", "jarvis"])
def test_a_model_that_is_away_is_an_error_of_the_stream(server: Sutazai, name: str) -> None:
    with talking(server, name) as talk:
        assert failed(talk.ask("offline?")[1]) == ("stream_error", "error event")
        assert texts(talk.ask()[0]) == list(WORDS)


def test_a_model_that_falls_silent_ends_at_the_idle_timeout(server: Sutazai) -> None:
    """No message tells the end: the chat waits for the next question."""
    with talking(server, "chat") as talk:
        events, exchange = talk.ask("silent?")

    assert failed(exchange) == ("timeout", "no message for 0.5 s")
    assert texts(events) == list(WORDS[:3])


def test_a_question_without_a_message_is_an_error_or_is_passed_over(server: Sutazai) -> None:
    with talking(server, "chat", message="") as talk:
        assert (failed(talk.ask()[1]) or ("",))[0] == "stream_error"
    with talking(server, "jarvis", message="") as talk:
        assert (failed(talk.ask()[1]) or ("",))[0] == "timeout"


def test_the_socket_at_the_root_gives_up_idle_users_and_keeps_their_registration(server: Sutazai) -> None:
    """Its error is no part of the next answer, for which a connection is opened anew."""
    before = server.stats()["registered"]
    with talking(server, "chat", "/ws") as talk:
        talk.ask()
        gevent.sleep(0.6)
        events, exchange = talk.ask()

        assert (texts(events), failed(exchange), talk.client.opened) == (list(WORDS), None, 2)
    eventually(lambda: server.stats()["registered"] == before + 1)


def test_the_model_goes_on_for_a_user_who_has_left(server: Sutazai) -> None:
    """Which a soak test sees: sessions are never forgotten either."""
    unheard, answered = server.counted("unheard"), server.counted("answered")
    sessions = server.stats()["sessions"]
    with talking(server, "chat") as talk:
        conversation = talk.client.stream(
            PreparedRequest("WS", json.dumps({"type": "chat", "message": QUESTION}).encode()),
            sched_ns=now_ns(),
            decoder=new_decoders(talk.endpoint)(),
            timeout_s=5.0,
            max_body_bytes=10_000,
        )
        for event in conversation:
            if event.kind is EventKind.TEXT:
                break

    eventually(lambda: server.counted("answered") == answered + 1)
    assert server.counted("unheard") > unheard
    assert server.stats()["sessions"] == sessions + 1
