"""One endpoint of a target: what is sent to it, and which answer counts as good."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from analysis.event_map import EventMap, Framing, JsonScalar
from analysis.leaving import Leaving
from analysis.reconnecting import Reconnecting
from analysis.websocket import WebSocket

QUESTION = "{question}"
"""The placeholder that each request replaces by its question."""


class Dialect(StrEnum):
    """The wire format of an endpoint's answer."""

    JSON = "json"
    TEXT = "text"
    RAG_EVENTS = "rag-events"
    OPENAI_CHAT = "openai-chat"
    OPENAI_COMPLETIONS = "openai-completions"
    ANTHROPIC = "anthropic"
    OLLAMA = "ollama"
    XNAI = "xnai"
    SUTAZAI = "sutazai"
    TEXT_STREAM = "text-stream"
    CUSTOM = "custom"
    """As the endpoint's `events` say."""

    @property
    def is_stream(self) -> bool:
        """True when the answer comes as a stream of events."""
        return self not in (Dialect.JSON, Dialect.TEXT)


EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"

_MEDIA_TYPES = {Dialect.OLLAMA: NDJSON, Dialect.TEXT_STREAM: "text/plain"}
_FRAMED_AS = {Framing.SSE: EVENT_STREAM, Framing.NDJSON: NDJSON, Framing.JSON: "application/json"}


def stream_media_type(dialect: Dialect, events: EventMap | None) -> str | None:
    """What a stream of this dialect is sent as; None for what is no stream."""
    if not dialect.is_stream:
        return None
    if events is not None:
        return _FRAMED_AS[events.framing]
    return _MEDIA_TYPES.get(dialect, EVENT_STREAM)


def is_event_stream(dialect: Dialect, events: EventMap | None) -> bool:
    """Whether answers are server-sent events, line for line; those of the XNAi API have no line ends."""
    return stream_media_type(dialect, events) == EVENT_STREAM and dialect is not Dialect.XNAI


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an answer must hold; anything else is a failure of kind `validation` (or http_4xx, http_5xx).

    Paths into JSON are dotted and may hold list indices: `sources.0.title`.
    """

    status: tuple[int, ...] = (200,)
    content_type: str | None = None
    """Media type without parameters, compared without regard to case; None: not checked."""
    contains: tuple[str, ...] = ()
    """Texts that the body must hold."""
    absent: tuple[str, ...] = ()
    """Texts that the body must not hold."""
    json_nonempty: tuple[str, ...] = ()
    """Paths that must exist and be neither null nor an empty list or object, nor a string of white space."""
    json_equals: Mapping[str, JsonScalar] = field(default_factory=dict)
    json_in: Mapping[str, tuple[JsonScalar, ...]] = field(default_factory=dict)
    json_not_in: Mapping[str, tuple[JsonScalar, ...]] = field(default_factory=dict)
    """Values that give away a failure behind a good status."""
    json_min: Mapping[str, float] = field(default_factory=dict)
    json_max: Mapping[str, float] = field(default_factory=dict)
    json_matches: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions, searched for in a string."""
    min_text_chars: int | None = None
    """Characters of answer text that a stream must bring at least."""
    min_citations: int | None = None
    """Citation events that a stream must bring at least."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One request template and the answer expected to it."""

    name: str
    method: str
    path: str
    """Appended to the target's base URL."""
    dialect: Dialect = Dialect.JSON
    events: EventMap | None = None
    """With dialect `custom` alone."""
    body: JsonValue = None
    """Sent as JSON (a WebSocket: as a message); every string in it may hold `{question}`. None: no body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to the target's own; `${NAME}` is still to be expanded."""
    expect: Expectation = field(default_factory=Expectation)
    timeout_s: float = 60.0
    """For the whole exchange, connecting included."""
    connect_timeout_s: float = 5.0
    first_byte_timeout_s: float | None = None
    """From the end of the request to the first byte of the answer; None: `timeout_s` alone holds."""
    idle_timeout_s: float | None = None
    """Between two reads of a stream that has begun, or two messages; None: `timeout_s` alone holds."""
    max_body_bytes: int = 16 * 1024 * 1024
    max_event_bytes: int = 1024 * 1024
    """Of a stream that is waited for the end of an event: no more than this is kept."""
    stage_json: Mapping[str, str] = field(default_factory=dict)
    """Stage name to the path of its milliseconds in a JSON answer."""
    cache: str | None = None
    """Where an answer says whether it came from a cache: a path in its JSON, or `header:NAME`."""
    sources: str | None = None
    """Path of the list of an answer's sources; of a stream, `citations` counts its citation events."""
    websocket: WebSocket | None = None
    """None: asked over HTTP."""
    leave: Leaving | None = None
    """Users who leave streams early."""
    reconnect: Reconnecting | None = None
    """How streams are taken up that broke off; None: they are not."""
    optional: bool = False
    """The service may lack it: the doctor then warns instead of failing."""

    @property
    def asks(self) -> bool:
        """True when each request carries a question."""
        return _holds_question(self.body)


def _holds_question(body: JsonValue) -> bool:
    match body:
        case str():
            return QUESTION in body
        case list():
            return any(_holds_question(item) for item in body)
        case dict():
            return any(_holds_question(item) for item in body.values())
        case _:
            return False
