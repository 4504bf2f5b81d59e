"""A WebSocket endpoint in a target file becomes one, or one message that says what is wrong with it."""

from pathlib import Path

import pytest

from analysis.endpoint import Endpoint
from analysis.errors import ConfigurationError
from analysis.profile import load_profile
from analysis.scenario import scenario_sha256
from analysis.target import Target, load_target, redacted, target_from_json
from analysis.websocket import WebSocket

CHAT = """
base_url = "http://127.0.0.1:8000/"

[endpoints.query]
protocol = "websocket"
path = "/ws/chat"
dialect = "rag-events"
send = { question = "{question}" }
"""


def load(folder: Path, text: str) -> Target:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_target(str(path))


def loaded(folder: Path, text: str) -> Endpoint:
    return load(folder, text).endpoints["query"]


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        load(folder, text)
    return str(error.value)


def test_a_short_websocket_endpoint_has_sensible_defaults(tmp_path: Path) -> None:
    chat = loaded(tmp_path, CHAT)

    assert chat.websocket == WebSocket()
    assert (chat.method, chat.body, chat.asks) == ("WS", {"question": "{question}"}, True)
    assert (chat.expect.status, chat.expect.content_type, chat.expect.min_text_chars) == ((101,), None, 1)


def test_body_may_stand_for_send(tmp_path: Path) -> None:
    assert loaded(tmp_path, CHAT.replace("send", "body")) == loaded(tmp_path, CHAT)


def test_the_connections_settings_are_read(tmp_path: Path) -> None:
    table = """
    [endpoints.query.websocket]
    keep = false
    greeting = true
    subprotocols = ["chat.v2", "chat.v1"]
    compression = true
    """

    assert loaded(tmp_path, CHAT + table).websocket == WebSocket(
        keep=False, greeting=True, subprotocols=("chat.v2", "chat.v1"), compression=True
    )


def test_a_websocket_endpoint_survives_its_run_directory(tmp_path: Path) -> None:
    target = load(tmp_path, CHAT + '[endpoints.query.websocket]\nsubprotocols = ["a"]\n')

    assert target_from_json(redacted(target)).endpoints == target.endpoints


def test_the_handshake_has_objectives_for_a_websocket_alone(tmp_path: Path) -> None:
    objective = "[objectives]\nquery.handshake.p95_ms = 20\n"

    assert "query.handshake.p95" in {item.name for item in load(tmp_path, CHAT + objective).objectives}
    over_http = CHAT.replace('protocol = "websocket"', "").replace("send", "body")
    assert '"handshake"' in refusal(tmp_path, over_http + objective)


@pytest.mark.parametrize(
    "setting", ["keep = false", "greeting = true", 'subprotocols = ["a"]', "compression = true"]
)
def test_how_connections_are_opened_is_part_of_the_scenario(tmp_path: Path, setting: str) -> None:
    profile = load_profile(str(_profile(tmp_path)))
    changed = load(tmp_path, f"{CHAT}[endpoints.query.websocket]\n{setting}\n")

    assert scenario_sha256(changed, profile, 1, "q") != scenario_sha256(load(tmp_path, CHAT), profile, 1, "q")


def test_a_timeout_is_no_part_of_the_scenario(tmp_path: Path) -> None:
    profile = load_profile(str(_profile(tmp_path)))
    changed = load(tmp_path, f'{CHAT}idle_timeout = "1s"\nfirst_byte_timeout = "2s"\n')

    assert scenario_sha256(changed, profile, 1, "q") == scenario_sha256(load(tmp_path, CHAT), profile, 1, "q")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            'method = "POST"',
            'endpoints.query.method: found it beside protocol = "websocket", wanted no method',
        ),
        ("body = 1", "endpoints.query.send: found it beside body, which means the same, wanted one of the"),
        (
            "expect = { status = 200 }",
            'endpoints.query.expect.status: found it beside protocol = "websocket", wanted rules about',
        ),
        ('expect = { content_type = "a/b" }', "endpoints.query.expect.content_type: found it beside"),
        (
            'headers = { sec-websocket-protocol = "a" }',
            "endpoints.query.headers.sec-websocket-protocol: found a header of the handshake, wanted a "
            "header that the client does not set itself; subprotocols and compression stand in",
        ),
        ('headers = { Upgrade = "websocket" }', "endpoints.query.headers.Upgrade: found"),
        ('[endpoints.query.websocket]\nkept = true', 'an unknown key, wanted one of compression, greeting'),
        ('[endpoints.query.websocket]\nsubprotocols = ["a b"]', "wanted a string of the form"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_and_key(tmp_path: Path, change: str, message: str) -> None:
    assert message in refusal(tmp_path, f"{CHAT}{change}\n")


def test_a_websocket_endpoint_needs_something_to_send(tmp_path: Path) -> None:
    assert "endpoints.query.send: found no such key, wanted the message that asks" in refusal(
        tmp_path, CHAT.replace('send = { question = "{question}" }', "")
    )


def test_a_dialect_without_an_end_mark_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, CHAT.replace("rag-events", "text-stream"))
    custom = CHAT.replace("rag-events", "custom") + '[endpoints.query.events]\ntext = "t"\ndone = '

    assert "endpoints.query.dialect: found text-stream, whose answers have no end mark, wanted" in message
    assert "endpoints.query.events.done: found false, wanted a rule" in refusal(tmp_path, custom + "false")
    assert loaded(tmp_path, custom + '"end"').events is not None


@pytest.mark.parametrize("key", ['send = { q = "{question}" }', "[endpoints.query.websocket]\nkeep = true"])
def test_keys_of_a_websocket_need_its_protocol(tmp_path: Path, key: str) -> None:
    text = CHAT.replace('protocol = "websocket"', "").replace('send = { question = "{question}" }', key)

    assert 'found it without protocol = "websocket", wanted keys of an HTTP endpoint' in refusal(
        tmp_path, text
    )


def _profile(folder: Path) -> Path:
    path = folder / "profile.toml"
    path.write_text('model = "closed"\nmix = { query = 1 }\n', encoding="utf-8")
    return path
