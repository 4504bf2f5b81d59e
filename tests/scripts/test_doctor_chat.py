"""The doctor, asked about a WebSocket."""

from pathlib import Path

import pytest

from tests.scripts.test_doctor import Visit, doctor
from tests.servers.frames import answer, closing, frame, hear, text, upgrade
from tests.servers.script import Step, fin, response, send, stall
from tests.servers.truth import CERTIFICATE, truth_server

DONE = text({"type": "done", "tokens": 2})
WORDS = [text({"type": "token", "text": "be"}), text({"type": "token", "text": "cause"}), DONE]
TARGET = """\
name = "patient"
base_url = "{url}"
headers = {{ Origin = "http://shop.example" }}
[tls]
ca_file = "{ca}"
[endpoints.chat]
protocol = "websocket"
path = "/chat"
timeout = "500ms"
dialect = "{dialect}"
send = {{ question = "{{question}}" }}
[endpoints.chat.websocket]
greeting = {greeting}
"""


def visit(
    folder: Path,
    steps: list[Step] | bytes,
    *,
    dialect: str = "rag-events",
    greeting: bool = False,
    secure: bool = False,
) -> Visit:
    with truth_server(secure=secure) as server:
        server.script("/chat", steps)
        path = folder / "patient.toml"
        path.write_text(
            TARGET.format(url=server.url, ca=CERTIFICATE, dialect=dialect, greeting=str(greeting).lower())
        )
        seen = doctor(path)
        records = [record for record in server.records() if record["path"] == "/chat"]
    assert "Origin: http://shop.example" in records[0]["head"]
    return seen


@pytest.mark.parametrize("secure", [False, True])
def test_a_chat_that_is_well_is_told_with_its_first_text(tmp_path: Path, secure: bool) -> None:
    seen = visit(tmp_path, [upgrade(), *answer(WORDS)], secure=secure)

    assert "chat" in seen.states("ok")
    assert seen.found("chat").startswith("101, first text after ")
    assert seen.found("chat").endswith("2 text events")


def test_a_greeting_is_waited_for(tmp_path: Path) -> None:
    steps = [upgrade(), send(text({"type": "hello"})), *answer(WORDS)]

    assert "chat" in visit(tmp_path, steps, greeting=True).states("ok")


def test_an_answer_of_one_message_is_told_with_its_length(tmp_path: Path) -> None:
    seen = visit(tmp_path, [upgrade(), *answer([frame(b'{"ok": true}')])], dialect="json")

    assert seen.found("chat").startswith("101 in ")
    assert seen.found("chat").endswith("12 bytes")


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (response(b"no", 403), "http_4xx: status 403"),
        (response(b"{}"), "validation: status 200 was not expected"),
        ([send(b"hello\r\n\r\n"), stall()], "protocol: not an HTTP/1.1 response"),
        ([upgrade(), hear(), fin()], "truncated: connection closed without a close frame before the end"),
        ([upgrade(), *answer([closing(1011)])], "stream_error: closed with 1011 (internal error)"),
        ([upgrade(), *answer([text({"type": "error", "code": "full"})])], "stream_error: error event in the"),
        ([upgrade(), *answer([DONE])], "validation: the answer is empty"),
        ([upgrade(), hear(), stall()], "timeout: no answer in time"),
        ([stall()], "timeout: no answer in time"),
    ],
)
def test_a_chat_that_is_unwell_is_told_with_its_failure(
    tmp_path: Path, steps: list[Step] | bytes, found: str
) -> None:
    seen = visit(tmp_path, steps)

    assert seen.states("wrong") == {"chat"}
    assert seen.found("chat").startswith(found)
