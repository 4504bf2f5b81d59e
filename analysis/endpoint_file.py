"""The tables of a target file that describe its endpoints."""

import math
import re
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from analysis.endpoint import Dialect, Endpoint, Expectation, stream_media_type
from analysis.env_template import refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.event_file import EventsTable
from analysis.event_map import EventMap
from analysis.leaving_file import LeaveTable, leaving
from analysis.reconnecting_file import ReconnectTable, reconnecting
from analysis.request_text import check_headers, check_path
from analysis.toml_file import NAME, Duration, Table, dotted
from analysis.toml_value import Scalar, Texts, flattened, listed
from analysis.websocket_file import WebSocketTable, check_websocket, over_websocket, refuse_websocket_keys


def _dialect(value: object) -> Dialect:
    if isinstance(value, str) and value in list(Dialect):
        return Dialect(value)
    raise ValueError("one of " + ", ".join(Dialect))


def _json(value: object) -> object:
    match value:
        case list():
            return [_json(item) for item in value]
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case str() | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
    raise ValueError("only what JSON has: strings, numbers, true, false, lists and tables")


def _pattern(value: object) -> str:
    if isinstance(value, str):
        with suppress(re.error):
            re.compile(value)
            return value
    raise ValueError("a regular expression")


Pattern = Annotated[str, BeforeValidator(_pattern)]
StatusCodes = Annotated[list[Annotated[int, Field(ge=100, le=599)]], BeforeValidator(listed)]

ANY_TYPE = "*/*"
MIN_EVENT_BYTES = 65_536
"""As much as one read may bring."""


class ExpectTable(Table):
    """`[endpoints.NAME.expect]`."""

    status: StatusCodes = Field(default_factory=lambda: [200])
    content_type: str | None = None
    contains: Texts = Field(default_factory=list)
    absent: Texts = Field(default_factory=list)
    json_nonempty: Texts = Field(default_factory=list)
    json_equals: Annotated[dict[str, Scalar], BeforeValidator(flattened)] = Field(default_factory=dict)
    json_in: Annotated[dict[str, list[Scalar]], BeforeValidator(flattened)] = Field(default_factory=dict)
    json_not_in: Annotated[dict[str, list[Scalar]], BeforeValidator(flattened)] = Field(default_factory=dict)
    json_min: Annotated[dict[str, float], BeforeValidator(flattened)] = Field(default_factory=dict)
    json_max: Annotated[dict[str, float], BeforeValidator(flattened)] = Field(default_factory=dict)
    json_matches: Annotated[dict[str, Pattern], BeforeValidator(flattened)] = Field(default_factory=dict)
    min_text_chars: Annotated[int, Field(ge=0)] | None = None
    min_citations: Annotated[int, Field(ge=0)] | None = None

    def expectation(self, dialect: Dialect, events: EventMap | None) -> Expectation:
        """What a stream must be is plain: events, and some text in them, unless the file says otherwise."""
        stream = dialect.is_stream
        content_type = self.content_type or stream_media_type(dialect, events)
        return Expectation(
            status=tuple(self.status),
            content_type=None if content_type == ANY_TYPE else content_type,
            contains=tuple(self.contains),
            absent=tuple(self.absent),
            json_nonempty=tuple(self.json_nonempty),
            json_equals=dict(self.json_equals),
            json_in={path: tuple(values) for path, values in self.json_in.items()},
            json_not_in={path: tuple(values) for path, values in self.json_not_in.items()},
            json_min=dict(self.json_min),
            json_max=dict(self.json_max),
            json_matches=dict(self.json_matches),
            min_text_chars=1 if self.min_text_chars is None and stream else self.min_text_chars,
            min_citations=self.min_citations,
        )


class EndpointTable(Table):
    """`[endpoints.NAME]`."""

    path: str = Field(description='a path such as "/query"')
    protocol: Literal["http", "websocket"] = "http"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = None
    dialect: Annotated[Dialect, BeforeValidator(_dialect)] = Dialect.JSON
    events: EventsTable | None = None
    body: Annotated[Any, BeforeValidator(_json)] = None
    send: Annotated[Any, BeforeValidator(_json)] = None
    headers: dict[str, str] = Field(default_factory=dict)
    expect: ExpectTable = Field(default_factory=ExpectTable)
    timeout: Annotated[Duration, Field(gt=0, le=3600)] = 60.0
    connect_timeout: Annotated[Duration, Field(gt=0, le=600)] = 5.0
    first_byte_timeout: Annotated[Duration, Field(gt=0, le=3600)] | None = None
    idle_timeout: Annotated[Duration, Field(gt=0, le=3600)] | None = None
    max_body_bytes: Annotated[int, Field(gt=0)] = 16 * 1024 * 1024
    max_event_bytes: Annotated[int, Field(ge=MIN_EVENT_BYTES)] = 1024 * 1024
    stage_json: dict[Annotated[str, Field(pattern=NAME)], str] = Field(default_factory=dict)
    cache: Annotated[str, Field(min_length=1)] | None = None
    sources: Annotated[str, Field(min_length=1)] | None = None
    websocket: WebSocketTable | None = None
    leave: LeaveTable | None = None
    reconnect: ReconnectTable | None = None
    optional: bool = False

    def endpoint(self, name: str, file: str) -> Endpoint:
        """The endpoint, after the checks that need more than one key."""
        key = dotted(("endpoints", name))
        if self.protocol == "http":
            refuse_websocket_keys(self.model_fields_set, file, key)
            return self._asked_over_http(name, file, key)
        check_websocket(self, self.expect, file, key)
        return over_websocket(self._asked_over_http(name, file, key), self.send, self.websocket)

    def _asked_over_http(self, name: str, file: str, key: str) -> Endpoint:
        check_path(self.path, file, f"{key}.path")
        check_headers(self.headers, file, f"{key}.headers")
        refuse_references(f"{self.body}", file=file, key=f"{key}.body")
        method = self.method or ("GET" if self.body is None else "POST")
        if self.body is not None and method in ("GET", "HEAD"):
            raise ConfigurationError(
                file=file,
                key=f"{key}.body",
                found=Phrase(f"a body with method {method}"),
                wanted="no body, or a method that has one",
                hint='leave "method" out: a body makes it POST',
            )
        events = self._event_map(file, key)
        return Endpoint(
            name=name,
            method=method,
            path=self.path,
            dialect=self.dialect,
            events=events,
            body=self.body,
            headers=dict(self.headers),
            expect=self.expect.expectation(self.dialect, events),
            timeout_s=self.timeout,
            connect_timeout_s=min(self.connect_timeout, self.timeout),
            first_byte_timeout_s=self.first_byte_timeout,
            idle_timeout_s=self._idle_timeout_s(file, key),
            max_body_bytes=self.max_body_bytes,
            max_event_bytes=self.max_event_bytes,
            stage_json=dict(self.stage_json),
            cache=self.cache,
            sources=self.sources,
            leave=leaving(self.leave, self.dialect, file, f"{key}.leave"),
            reconnect=reconnecting(self.reconnect, self.dialect, events, file, f"{key}.reconnect"),
            optional=self.optional,
        )

    def _idle_timeout_s(self, file: str, key: str) -> float | None:
        if self.idle_timeout is not None and not self.dialect.is_stream:
            raise ConfigurationError(
                file=file,
                key=f"{key}.idle_timeout",
                found=Phrase(f'it with the dialect "{self.dialect}"'),
                wanted="it with the dialect of a stream alone",
            )
        return self.idle_timeout

    def _event_map(self, file: str, key: str) -> EventMap | None:
        is_custom = self.dialect is Dialect.CUSTOM
        if is_custom == (self.events is not None):
            return None if self.events is None else self.events.event_map(file, f"{key}.events")
        if is_custom:
            raise ConfigurationError(
                file=file,
                key=f"{key}.dialect",
                found=self.dialect.value,
                wanted=f"a table [{key}.events] as well, which says how its events are read",
            )
        raise ConfigurationError(
            file=file,
            key=f"{key}.events",
            found=Phrase(f'it with the dialect "{self.dialect}"'),
            wanted='it with the dialect "custom" alone',
        )
