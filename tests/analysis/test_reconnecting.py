"""Which streams are taken up is read from the target file, and no part of the arrivals asked for."""

import re
from pathlib import Path

import pytest

from analysis.endpoint import Dialect
from analysis.errors import ConfigurationError
from analysis.reconnecting import Reconnecting
from analysis.target import load_target, redacted, target_from_json

STREAM = 'base_url = "http://h"\n[endpoints.s]\npath = "/s"\ndialect = "{}"\n'
CUSTOM = '[endpoints.s.events]\nframing = "{}"\ntext = "t"\ndone = false\n'
TABLE = "[endpoints.s.reconnect]\nattempts = 3\n"


def load(folder: Path, text: str) -> Reconnecting | None:
    path = folder / "target.toml"
    path.write_text(text)
    target = load_target(str(path))
    assert target_from_json(redacted(target)).endpoints == target.endpoints
    return target.endpoints["s"].reconnect


def test_nothing_is_asked_for_again_unless_the_file_says_so(tmp_path: Path) -> None:
    assert load(tmp_path, STREAM.format("rag-events")) is None


def test_attempts_and_waits_are_read(tmp_path: Path) -> None:
    stream = STREAM.format("rag-events")

    assert load(tmp_path, stream + TABLE) == Reconnecting(3, wait_s=1.0, max_wait_s=10.0)
    more = TABLE + 'wait = "50ms"\nmax_wait = "1m"\n'
    assert load(tmp_path, stream + more) == Reconnecting(3, wait_s=0.05, max_wait_s=60.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("attempts = 0", "endpoints.s.reconnect.attempts"),
        ("attempts = 101", "endpoints.s.reconnect.attempts"),
        ('wait = "1s"', "endpoints.s.reconnect.attempts"),
        (
            'attempts = 1\nwait = "20s"',
            "endpoints.s.reconnect.wait: found 20.0, wanted at most max_wait, which is 10 s",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        load(tmp_path, f"{STREAM.format('rag-events')}[endpoints.s.reconnect]\n{line}\n")


@pytest.mark.parametrize(
    "dialect", [Dialect.JSON, Dialect.OLLAMA, Dialect.XNAI, Dialect.TEXT_STREAM], ids=str
)
def test_only_what_has_ids_can_be_taken_up(tmp_path: Path, dialect: Dialect) -> None:
    message = f"reconnect: found it with dialect {dialect}, wanted it with server-sent events"
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, STREAM.format(dialect) + TABLE)


def test_a_custom_dialect_has_ids_if_its_framing_does(tmp_path: Path) -> None:
    stream = STREAM.format("custom")

    assert load(tmp_path, stream + CUSTOM.format("sse") + TABLE) == Reconnecting(3)
    with pytest.raises(ConfigurationError, match="reconnect: found it with dialect custom"):
        load(tmp_path, stream + CUSTOM.format("ndjson") + TABLE)


def test_messages_of_a_websocket_have_no_ids(tmp_path: Path) -> None:
    socket = STREAM.format("rag-events") + 'protocol = "websocket"\nsend = "hi"\n'
    with pytest.raises(ConfigurationError, match="reconnect: found it beside protocol"):
        load(tmp_path, socket + TABLE)
