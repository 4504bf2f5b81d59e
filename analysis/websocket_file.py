"""The part of a target file that says how a WebSocket endpoint is used."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Annotated, Protocol

from pydantic import Field, JsonValue

from analysis.endpoint import Dialect, Endpoint
from analysis.env_template import refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.event_file import EventsTable
from analysis.toml_file import Table, dotted
from analysis.websocket import WebSocket

WITHOUT_MESSAGES = frozenset({Dialect.TEXT_STREAM})
"""Dialects whose answers nothing but the end of an HTTP message ends."""
HANDSHAKE = "sec-websocket-"
METHOD = "WS"
"""Stands where an HTTP endpoint has its method: in reports, and in Locust's statistics."""
SWITCHING = 101

Subprotocol = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]


class WebSocketTable(Table):
    """`[endpoints.NAME.websocket]`."""

    keep: bool = True
    greeting: bool = False
    subprotocols: list[Subprotocol] = Field(default_factory=list)
    compression: bool = False

    def websocket(self) -> WebSocket:
        """The settings."""
        return WebSocket(
            keep=self.keep,
            greeting=self.greeting,
            subprotocols=tuple(self.subprotocols),
            compression=self.compression,
        )


class _EndpointTable(Protocol):
    """What is looked at of `[endpoints.NAME]`."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def events(self) -> EventsTable | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def send(self) -> object: ...
    @property
    def model_fields_set(self) -> set[str]: ...


def check_websocket(table: _EndpointTable, expect: Table, file: str, key: str) -> None:
    """Refuse what a WebSocket endpoint cannot have."""
    keys = table.model_fields_set
    if "method" in keys:
        raise _refusal(file, f"{key}.method", 'it beside protocol = "websocket"', "no method")
    if {"send", "body"} <= keys:
        raise _refusal(file, f"{key}.send", "it beside body, which means the same", "one of the two")
    if not {"send", "body"} & keys:
        wanted = 'the message that asks, such as { question = "{question}" }'
        raise _refusal(file, f"{key}.send", "no such key", wanted)
    refuse_references(f"{table.send}", file=file, key=f"{key}.send")
    for name in sorted(expect.model_fields_set & {"status", "content_type"}):
        wanted = "rules about the messages of the answer"
        raise _refusal(file, f"{key}.expect.{name}", 'it beside protocol = "websocket"', wanted)
    if "reconnect" in keys:
        wanted = "it with server-sent events over HTTP, whose ids tell where to go on"
        raise _refusal(file, f"{key}.reconnect", 'it beside protocol = "websocket"', wanted)
    if table.dialect in WITHOUT_MESSAGES:
        found = f"{table.dialect}, whose answers have no end mark"
        raise _refusal(file, f"{key}.dialect", found, "a dialect of JSON objects")
    if table.events is not None and table.events.done is None:
        wanted = "a rule for the end mark, as a WebSocket stays open after an answer"
        raise _refusal(file, f"{key}.events.done", "false", wanted)
    for name in table.headers:
        if name.lower().startswith(HANDSHAKE):
            place = f"{key}.headers.{dotted((name,))}"
            hint = "subprotocols and compression stand in [endpoints.NAME.websocket]"
            wanted = "a header that the client does not set itself"
            raise _refusal(file, place, "a header of the handshake", wanted, hint)


def over_websocket(endpoint: Endpoint, send: JsonValue, table: WebSocketTable | None) -> Endpoint:
    """The same endpoint, asked over a WebSocket."""
    return replace(
        endpoint,
        method=METHOD,
        body=endpoint.body if send is None else send,
        expect=replace(endpoint.expect, status=(SWITCHING,), content_type=None),
        websocket=(table or WebSocketTable()).websocket(),
    )


def refuse_websocket_keys(keys: Set[str], file: str, key: str) -> None:
    """Of an endpoint that is asked over HTTP."""
    for name in sorted(keys & {"send", "websocket"}):
        wanted = "keys of an HTTP endpoint, such as body"
        raise _refusal(file, f"{key}.{name}", 'it without protocol = "websocket"', wanted)


def _refusal(file: str, key: str, found: str, wanted: str, hint: str | None = None) -> ConfigurationError:
    return ConfigurationError(file=file, key=key, found=Phrase(found), wanted=wanted, hint=hint)
