"""The tables of a target file that describe its endpoints."""

import math
import re
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from analysis.endpoint import Dialect, Endpoint, Expectation
from analysis.env_template import refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.request_text import check_headers, check_path
from analysis.toml_file import NAME, Duration, Table, dotted
from analysis.websocket_file import WebSocketTable, check_websocket, over_websocket, refuse_websocket_keys


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _flattened(value: object) -> object:
    """`a.b = 1` and `"a.b" = 1` alike as one path."""
    if not isinstance(value, dict):
        return value
    flat: dict[str, object] = {}
    for key, item in value.items():
        inner = _flattened(item)
        if isinstance(inner, dict) and inner:
            flat.update({f"{key}.{path}": leaf for path, leaf in inner.items()})
        else:
            flat[key] = item
    return flat


def _dialect(value: object) -> Dialect:
    if isinstance(value, str) and value in list(Dialect):
        return Dialect(value)
    raise ValueError("one of " + ", ".join(Dialect))


def _scalar(value: object) -> object:
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("a string, a number, true or false")


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
Scalar = Annotated[Any, BeforeValidator(_scalar)]
Texts = Annotated[list[str], BeforeValidator(_listed)]
StatusCodes = Annotated[list[Annotated[int, Field(ge=100, le=599)]], BeforeValidator(_listed)]


class ExpectTable(Table):
    """`[endpoints.NAME.expect]`."""

    status: StatusCodes = Field(default_factory=lambda: [200])
    content_type: str | None = None
    contains: Texts = Field(default_factory=list)
    absent: Texts = Field(default_factory=list)
    json_nonempty: Texts = Field(default_factory=list)
    json_equals: Annotated[dict[str, Scalar], BeforeValidator(_flattened)] = Field(default_factory=dict)
    json_in: Annotated[dict[str, list[Scalar]], BeforeValidator(_flattened)] = Field(default_factory=dict)
    json_not_in: Annotated[dict[str, list[Scalar]], BeforeValidator(_flattened)] = Field(default_factory=dict)
    json_min: Annotated[dict[str, float], BeforeValidator(_flattened)] = Field(default_factory=dict)
    json_max: Annotated[dict[str, float], BeforeValidator(_flattened)] = Field(default_factory=dict)
    json_matches: Annotated[dict[str, Pattern], BeforeValidator(_flattened)] = Field(default_factory=dict)
    min_text_chars: Annotated[int, Field(ge=0)] | None = None
    min_citations: Annotated[int, Field(ge=0)] | None = None

    def expectation(self, dialect: Dialect) -> Expectation:
        """What a stream must be is plain: events, and some text in them, unless the file says otherwise."""
        stream = dialect.is_stream
        return Expectation(
            status=tuple(self.status),
            content_type=self.content_type or ("text/event-stream" if stream else None),
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
    body: Annotated[Any, BeforeValidator(_json)] = None
    send: Annotated[Any, BeforeValidator(_json)] = None
    headers: dict[str, str] = Field(default_factory=dict)
    expect: ExpectTable = Field(default_factory=ExpectTable)
    timeout: Annotated[Duration, Field(gt=0, le=3600)] = 60.0
    connect_timeout: Annotated[Duration, Field(gt=0, le=600)] = 5.0
    max_body_bytes: Annotated[int, Field(gt=0)] = 16 * 1024 * 1024
    stage_json: dict[Annotated[str, Field(pattern=NAME)], str] = Field(default_factory=dict)
    cache: Annotated[str, Field(min_length=1)] | None = None
    sources: Annotated[str, Field(min_length=1)] | None = None
    websocket: WebSocketTable | None = None
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
        return Endpoint(
            name=name,
            method=method,
            path=self.path,
            dialect=self.dialect,
            body=self.body,
            headers=dict(self.headers),
            expect=self.expect.expectation(self.dialect),
            timeout_s=self.timeout,
            connect_timeout_s=min(self.connect_timeout, self.timeout),
            max_body_bytes=self.max_body_bytes,
            stage_json=dict(self.stage_json),
            cache=self.cache,
            sources=self.sources,
            optional=self.optional,
        )
