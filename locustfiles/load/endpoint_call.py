"""One endpoint of the target, asked and recorded."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial

from gevent import GreenletExit

from analysis.failure import Failure, FailureKind
from analysis.target import Endpoint
from locustfiles.load.answer_reading import NOTHING, NOTHING_HEARD, AnswerReading, Heard
from locustfiles.load.body_template import BodyTemplate
from locustfiles.load.client import Client
from locustfiles.load.dialect import new_decoders
from locustfiles.load.exchange import Exchange
from locustfiles.load.leaver import Leaver
from locustfiles.load.outcome import LEFT, Outcome
from locustfiles.load.recorder import EndpointRecorder, Recorder
from locustfiles.load.request import PreparedRequest
from locustfiles.load.request_event import RequestEvent
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import StreamDecoder
from locustfiles.load.text_timer import TextTimer
from locustfiles.load.wire import WireClient

logger = logging.getLogger(__name__)

READY_BYTES_KEPT = 16 * 1024 * 1024
"""Of requests kept ready for their questions: more than most question sets need."""


class EndpointCall:
    """Asks one endpoint; every call is recorded once, and told to those who hear Locust's `request` event."""

    def __init__(
        self,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        recorder: Recorder,
        event: RequestEvent,
        expected: Mapping[str, Sequence[str]] = NOTHING,
        identity: str = "",
    ) -> None:
        """`expected` are the words, in lower case, that the answer to a question must hold.

        Calls of the same identity leave the same streams.
        """
        self.endpoint = endpoint
        self.asks = endpoint.asks
        """Whether a call needs a question."""
        self.client_kind = "" if endpoint.websocket is None else endpoint.name
        """Calls of one kind may share their clients."""
        self._headers = dict(headers)
        if endpoint.body is not None and not any(name.lower() == "content-type" for name in headers):
            self._headers["Content-Type"] = "application/json"
        self._body = BodyTemplate(endpoint.body)
        self._all = recorder
        self._recorder: EndpointRecorder = recorder.endpoint(endpoint.name)
        self._recorder.on_fold = partial(event.answered, endpoint.method, endpoint.name)
        self._event = event
        self._ready: dict[str, PreparedRequest] = {}
        self._ready_bytes = 0
        self._is_stream = endpoint.dialect.is_stream
        self._reading = AnswerReading(endpoint, expected)
        if self._is_stream:
            self._new_decoder = new_decoders(endpoint)
        self._leaver = (
            None if endpoint.leave is None else Leaver(endpoint.leave, f"{identity}/{endpoint.name}")
        )

    def drop(self, due_ns: int) -> None:
        """Count an arrival that could not be sent."""
        self._recorder.drop(due_ns)

    def ask(self, client: Client, question: str, sched_ns: int) -> bool:
        """One exchange, from the moment it was due to its record; False when it failed.

        Failures of the service are recorded, not raised. A kill in the middle counts as aborted.
        """
        self._recorder.start(sched_ns)
        self._all.in_flight += 1
        try:
            request = self._ready.get(question) or self._prepared(client, question)
            ask = self._stream if self._is_stream else self._answer
            exchange, outcome = ask(client, request, sched_ns, question)
        except GreenletExit:
            self._killed(sched_ns)
            raise
        except Exception as error:
            self._recorder.abort(sched_ns)
            self._all.fault = f"{type(error).__name__} while asking {self.endpoint.name}"
            raise
        finally:
            self._all.in_flight -= 1
        if outcome is LEFT:
            self._recorder.leave(sched_ns)
            return True
        self._record(exchange, outcome)
        return outcome.failure is None

    def _killed(self, sched_ns: int) -> None:
        """Past the profile's end only the drain limit kills: then the service did not answer in time."""
        if not self._all.clock.is_over(now_ns()):
            self._recorder.abort(sched_ns)
            return
        self._record(
            Exchange(sched_ns), Outcome(Failure(FailureKind.TIMEOUT, "no answer within the drain limit"))
        )

    def _record(self, exchange: Exchange, outcome: Outcome) -> None:
        failure = outcome.failure
        heard = failure is not None or self._event.is_heard
        self._recorder.finish(exchange, outcome, heard=heard)
        if heard:
            endpoint = self.endpoint
            self._event.fire(endpoint.method, endpoint.name, endpoint.path, exchange, failure)

    def _prepared(self, client: Client, question: str) -> PreparedRequest:
        if isinstance(client, WireClient):
            request = self._over_http(client, question, self._headers, keep=True)
        else:
            request = PreparedRequest(self.endpoint.method, self._body.fill(question) or b"")
        self._ready_bytes += len(request.data)
        if self._ready_bytes > READY_BYTES_KEPT:
            self._ready.clear()
            self._ready_bytes = len(request.data)
        self._ready[question] = request
        return request

    def _over_http(
        self, client: WireClient, question: str, headers: Mapping[str, str], *, keep: bool
    ) -> PreparedRequest:
        endpoint = self.endpoint
        return client.prepare(
            endpoint.method,
            endpoint.path,
            headers,
            self._body.fill(question),
            first_byte_timeout_s=endpoint.first_byte_timeout_s,
            keep=keep,
        )._replace(idle_timeout_s=endpoint.idle_timeout_s)

    def _answer(
        self, client: Client, request: PreparedRequest, sched_ns: int, question: str
    ) -> tuple[Exchange, Outcome]:
        endpoint = self.endpoint
        exchange = client.exchange(
            request,
            sched_ns=sched_ns,
            timeout_s=endpoint.timeout_s,
            max_body_bytes=endpoint.max_body_bytes,
        )
        return exchange, self._reading.answer(exchange, question)

    def _stream(
        self, client: Client, request: PreparedRequest, sched_ns: int, question: str
    ) -> tuple[Exchange, Outcome]:
        return self._streamed(client, request, sched_ns, question, self._new_decoder(), TextTimer())

    def _streamed(
        self,
        client: Client,
        request: PreparedRequest,
        sched_ns: int,
        question: str,
        decoder: StreamDecoder,
        timer: TextTimer,
        before: Heard = NOTHING_HEARD,
    ) -> tuple[Exchange, Outcome]:
        """`before` is what streams brought that this one takes up."""
        endpoint = self.endpoint
        leave = None if self._leaver is None else self._leaver.next()
        timeout_s = endpoint.timeout_s
        if leave is not None:
            timeout_s = min(timeout_s, leave.after_s or timeout_s)
            client.resets = leave.resets
        stream = client.stream(
            request,
            sched_ns=sched_ns,
            timeout_s=timeout_s,
            max_body_bytes=endpoint.max_body_bytes,
            decoder=decoder,
        )
        for events in stream.reads():
            timer.take(events)
            if leave is not None and leave.is_due(timer):
                break
        exchange = stream.exchange
        if leave is not None:
            client.close()
            client.resets = False
            if leave.is_due(timer) or _ran_out(exchange, timeout_s, endpoint.timeout_s):
                return exchange, LEFT
        return exchange, self._reading.stream(exchange, timer, decoder.said, question, before)


def _ran_out(exchange: Exchange, timeout_s: float, limit_s: float) -> bool:
    """Whether the user's own patience ended the exchange, which is no failure of the service."""
    failure = exchange.failure
    if timeout_s == limit_s or failure is None or failure.kind is not FailureKind.TIMEOUT:
        return False
    return now_ns() - exchange.sched_ns >= timeout_s * 1e9  # sooner it was the service's silence
