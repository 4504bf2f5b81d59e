"""One endpoint of the target, asked and recorded."""

from locust.event import EventHook

import logging
from collections.abc import Mapping
from typing import Any

from gevent import GreenletExit

from analysis.failure import Failure, FailureKind
from analysis.target import Endpoint
from locustfiles.load import expectation as expect
from locustfiles.load.body_template import BodyTemplate
from locustfiles.load.dialect import decoder_for
from locustfiles.load.exchange import Exchange
from locustfiles.load.outcome import Outcome
from locustfiles.load.recorder import EndpointRecorder, Recorder
from locustfiles.load.request import PreparedRequest
from locustfiles.load.stage_times import header_stages_us, reported_stages_us, with_unattributed
from locustfiles.load.stamp import now_ns
from locustfiles.load.text_timer import TextTimer
from locustfiles.load.wire import WireClient

logger = logging.getLogger(__name__)

OURS = "plimsoll"
"""Key in the `request` event's context that marks an exchange which the recorder has seen."""


class FailedExchangeError(Exception):
    """What stock listeners get as the exception of a failed exchange; equal failures have equal texts."""


class EndpointCall:
    """Asks one endpoint; every call is recorded once and fires Locust's `request` event once."""

    def __init__(
        self, endpoint: Endpoint, headers: Mapping[str, str], recorder: Recorder, event: EventHook
    ) -> None:
        self.endpoint = endpoint
        self._headers = dict(headers)
        if endpoint.body is not None and not any(name.lower() == "content-type" for name in headers):
            self._headers["Content-Type"] = "application/json"
        self._body = BodyTemplate(endpoint.body)
        self._all = recorder
        self._recorder: EndpointRecorder = recorder.endpoint(endpoint.name)
        self._event = event
        self._fixed: PreparedRequest | None = None

    @property
    def asks(self) -> bool:
        """Whether a call needs a question."""
        return self.endpoint.asks

    def drop(self, due_ns: int) -> None:
        """Count an arrival that could not be sent."""
        self._recorder.drop(due_ns)

    def ask(self, client: WireClient, question: str, sched_ns: int) -> None:
        """One exchange, from the moment it was due to its record.

        Failures of the service are recorded, not raised. A kill in the middle counts as aborted.
        """
        self._recorder.start(sched_ns)
        self._all.in_flight += 1
        try:
            request = self._request(client, question)
            if self.endpoint.dialect.is_stream:
                outcome = self._stream(client, request, sched_ns)
            else:
                outcome = self._answer(client, request, sched_ns)
        except GreenletExit:
            self._killed(sched_ns)
            raise
        except Exception as error:
            self._recorder.abort(sched_ns)
            self._all.fault = f"{type(error).__name__} while asking {self.endpoint.name}"
            raise
        finally:
            self._all.in_flight -= 1
        self._recorder.finish(outcome)
        self._fire(outcome.exchange, outcome.failure)

    def _killed(self, sched_ns: int) -> None:
        """Past the profile's end only the drain limit kills: then the service did not answer in time."""
        if not self._all.clock.is_over(now_ns()):
            self._recorder.abort(sched_ns)
            return
        failure = Failure(FailureKind.TIMEOUT, "no answer within the drain limit")
        exchange = Exchange(sched_ns)
        self._recorder.finish(Outcome(exchange, failure))
        self._fire(exchange, failure)

    def _request(self, client: WireClient, question: str) -> PreparedRequest:
        if self._fixed is not None:
            return self._fixed
        endpoint = self.endpoint
        request = client.prepare(endpoint.method, endpoint.path, self._headers, self._body.fill(question))
        if not self.asks:
            self._fixed = request
        return request

    def _answer(self, client: WireClient, request: PreparedRequest, sched_ns: int) -> Outcome:
        endpoint = self.endpoint
        exchange = client.exchange(
            request,
            sched_ns=sched_ns,
            timeout_s=endpoint.timeout_s,
            max_body_bytes=endpoint.max_body_bytes,
        )
        document: Any = expect.MISSING
        if exchange.failure is None and (endpoint.stage_json or expect.needs_json(endpoint.expect)):
            document = expect.parsed(exchange.body)
        failure = expect.answer_failure(exchange, endpoint.expect, document)
        if failure is not None:
            return Outcome(exchange, failure)
        stages = reported_stages_us(exchange, endpoint, document)
        return Outcome(exchange, None, with_unattributed(stages, _service_us(exchange)))

    def _stream(self, client: WireClient, request: PreparedRequest, sched_ns: int) -> Outcome:
        endpoint = self.endpoint
        stream = client.stream(
            request,
            sched_ns=sched_ns,
            timeout_s=endpoint.timeout_s,
            max_body_bytes=endpoint.max_body_bytes,
            decoder=decoder_for(endpoint.dialect),
        )
        timer = TextTimer()
        for event in stream:
            timer.take(event)
        exchange = stream.exchange
        failure = expect.stream_failure(exchange, "".join(timer.text), endpoint.expect)
        if failure is not None:
            return Outcome(exchange, failure)
        stages = {**header_stages_us(exchange), **timer.stages_us}
        timings = timer.timings_us(sched_ns, exchange.send_ns)
        timings |= with_unattributed(stages, _service_us(exchange))
        return Outcome(exchange, None, timings, timer.gaps_us, timer.text_events)

    def _fire(self, exchange: Exchange, failure: Failure | None) -> None:
        end_ns = exchange.last_ns
        response_ms = None if end_ns is None else (end_ns - exchange.sched_ns) / 1e6
        self._event.fire(
            request_type=self.endpoint.method,
            name=self.endpoint.name,
            response_time=response_ms,
            response_length=exchange.received_bytes,
            exception=None if failure is None else FailedExchangeError(f"{failure.kind}: {failure.detail}"),
            context={OURS: True},
            start_time=exchange.sched_ns / 1e9,
            url=self.endpoint.path,
            response=None,
        )


def _service_us(exchange: Exchange) -> int | None:
    if exchange.last_ns is None or exchange.send_ns is None:
        return None
    return (exchange.last_ns - exchange.send_ns) // 1000
