"""Asks one endpoint once over httpx and checks the answer as the load would."""

import ssl
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import httpx

from analysis.failure import Failure, FailureKind
from analysis.request_text import asked_codings
from analysis.target import Endpoint
from analysis.websocket_file import SWITCHING
from locustfiles.load.body_template import BodyTemplate
from locustfiles.load.content_coding import Inflater, inflater_for
from locustfiles.load.dialect import new_decoders
from locustfiles.load.exchange import Exchange
from locustfiles.load.expectation import AnswerCheck
from locustfiles.load.stream_end import is_over, settled
from locustfiles.load.stream_event import EventKind, StreamDecoder, StreamEvent
from locustfiles.load.violation import ProtocolViolation
from scripts.sidecar.reason import short_reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Times count from the request; a stream has no body, but text and events."""

    failure: Failure | None
    status: int | None = None
    total_ms: float | None = None
    first_text_ms: float | None = None
    text_events: int = 0
    body: bytes = b""
    body_bytes: int = 0
    closes: bool = False
    """The service ends the connection after the answer, so that each request opens a new one."""


def client_for(base_url: str, context: ssl.SSLContext) -> httpx.Client:
    """As the load's own client: no proxy, no redirects."""
    return httpx.Client(base_url=base_url, verify=context, trust_env=False, follow_redirects=False)


def ask(client: httpx.Client, endpoint: Endpoint, headers: Mapping[str, str], question: str) -> Answer:
    """One request; whatever goes wrong is the answer's failure."""
    content = BodyTemplate(endpoint.body).fill(question)
    sent_headers = httpx.Headers({"accept-encoding": "identity"})
    sent_headers.update(headers)
    if content is not None:
        sent_headers.setdefault("content-type", "application/json")
    timeout = httpx.Timeout(endpoint.timeout_s, connect=endpoint.connect_timeout_s)
    started = time.monotonic()
    try:
        with client.stream(
            endpoint.method, endpoint.path, content=content, headers=sent_headers, timeout=timeout
        ) as response:
            chunks = _bounded(response.iter_raw(), started + endpoint.timeout_s, endpoint.max_body_bytes)
            exchange = Exchange(sched_ns=0, status=response.status_code, head=_head(response))
            asked = asked_codings(sent_headers["accept-encoding"])
            chunks = _decompressed(chunks, exchange, asked, endpoint.max_body_bytes)
            if endpoint.dialect.is_stream:
                answer = read_stream(exchange, endpoint, chunks, started)
            else:
                answer = read_whole(exchange, endpoint, chunks)
            closes = (
                response.headers.get("connection", "").lower() == "close"
                or response.http_version == "HTTP/1.0"
            )
    except BodyRefusedError as error:
        return Answer(error.failure)
    except ProtocolViolation as violation:
        return Answer(Failure(FailureKind.PROTOCOL, str(violation)))
    except httpx.HTTPError as error:
        return Answer(_transport_failure(error))
    return replace(answer, total_ms=ms_since(started), closes=closes)


class BodyRefusedError(Exception):
    """The body is too long in bytes or in time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def read_whole(exchange: Exchange, endpoint: Endpoint, chunks: Iterable[bytes]) -> Answer:
    """All chunks are the body."""
    exchange.body = b"".join(chunks)
    failure = AnswerCheck(endpoint.expect).answer_failure(exchange)
    return Answer(failure, exchange.status, body=exchange.body, body_bytes=len(exchange.body))


def read_stream(exchange: Exchange, endpoint: Endpoint, chunks: Iterable[bytes], started: float) -> Answer:
    """Over a WebSocket the end mark is the end, else that of the chunks."""
    if exchange.status != SWITCHING and (exchange.status is None or not 200 <= exchange.status < 300):
        return Answer(AnswerCheck(endpoint.expect).stream_failure(exchange, ()), exchange.status)
    decoder = new_decoders(endpoint)()
    text: list[str] = []
    citations = 0
    first_text_ms: float | None = None
    sizes: list[int] = []
    for event in _decoded(decoder, chunks, sizes, by_mark=exchange.status == SWITCHING):
        if event.kind is EventKind.TEXT and event.text:
            first_text_ms = ms_since(started) if first_text_ms is None else first_text_ms
            text.append(event.text)
        citations += event.kind is EventKind.CITATION
    exchange.failure = settled(decoder.finish(), None, is_whole=True)
    check = AnswerCheck(endpoint.expect)
    failure = check.stream_failure(exchange, text, citations)
    if failure is None and check.needs_json:
        failure = check.rules.broken(decoder.said)
    return Answer(
        failure, exchange.status, first_text_ms=first_text_ms, text_events=len(text), body_bytes=sum(sizes)
    )


def _decoded(
    decoder: StreamDecoder, chunks: Iterable[bytes], sizes: list[int], *, by_mark: bool
) -> Iterator[StreamEvent]:
    for chunk in chunks:
        sizes.append(len(chunk))
        events = decoder.feed(chunk, time.time_ns())
        yield from events
        if decoder.is_lost or (by_mark and is_over(events)):
            return
    yield from decoder.rest(time.time_ns())


def _bounded(chunks: Iterable[bytes], deadline: float, max_bytes: int) -> Iterable[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise BodyRefusedError(Failure(FailureKind.PROTOCOL, f"body larger than {max_bytes} bytes"))
        if time.monotonic() > deadline:
            raise BodyRefusedError(Failure(FailureKind.TIMEOUT, "the answer did not end in time"))
        yield chunk


def _decompressed(
    chunks: Iterable[bytes], exchange: Exchange, asked: Collection[str], max_bytes: int
) -> Iterable[bytes]:
    """Without any chunk there is no body whose coding could matter."""
    inflater: Inflater | None = None
    for number, chunk in enumerate(chunks):
        if number == 0:
            inflater = inflater_for(exchange.headers, asked, max_bytes)
        yield chunk if inflater is None else inflater.feed(chunk)
    if inflater is not None:
        inflater.finish()


def _transport_failure(error: httpx.HTTPError) -> Failure:
    reason = short_reason(error)
    match error:
        case httpx.TimeoutException():
            return Failure(FailureKind.TIMEOUT, "no answer in time")
        case httpx.ConnectError():
            is_tls = reason.startswith(("certificate", "TLS"))
            return Failure(FailureKind.TLS if is_tls else FailureKind.CONNECT, reason)
        case httpx.RemoteProtocolError():
            return Failure(FailureKind.TRUNCATED, "the answer ended early or is not HTTP/1.1")
        case _:
            return Failure(FailureKind.RESET, reason)


def _head(response: httpx.Response) -> bytes:
    lines = [b"HTTP/1.1 %d" % response.status_code]
    return b"\r\n".join(lines + [name + b": " + value for name, value in response.headers.raw])


def ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000.0
