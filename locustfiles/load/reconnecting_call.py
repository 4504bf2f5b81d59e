"""An endpoint whose streams are taken up where they broke off, as browsers do."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import gevent

from analysis.failure import FailureKind
from analysis.reconnecting import Reconnecting
from analysis.target import Endpoint
from locustfiles.load.answer_reading import NOTHING, NOTHING_HEARD, Heard
from locustfiles.load.client import Client
from locustfiles.load.dialect import new_readers
from locustfiles.load.endpoint_call import EndpointCall
from locustfiles.load.exchange import Exchange
from locustfiles.load.framed_decoder import FramedDecoder
from locustfiles.load.outcome import Outcome
from locustfiles.load.recorder import Recorder
from locustfiles.load.request import PreparedRequest
from locustfiles.load.request_event import RequestEvent
from locustfiles.load.sse import SseDecoder
from locustfiles.load.stamp import now_ns
from locustfiles.load.text_timer import TextTimer
from locustfiles.load.wire import WireClient

LAST_EVENT_ID = "Last-Event-ID"
BREAKS = frozenset({FailureKind.TRUNCATED, FailureKind.RESET, FailureKind.CONNECT})
"""Ends that were not the service's last word. Before anything had an id there is nothing to go on from."""


class BreakOff(NamedTuple):
    """Where a stream ended too soon."""

    last_id: str
    retry_ms: int | None
    """How long the service wants to be left alone."""
    heard: Heard


class ReconnectingCall(EndpointCall):
    """Each attempt is a request of its own, due when it is made; what failed before it stays failed."""

    def __init__(
        self,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        recorder: Recorder,
        event: RequestEvent,
        expected: Mapping[str, Sequence[str]] = NOTHING,
        identity: str = "",
        *,
        how: Reconnecting,
        is_over: Callable[[], bool],
    ) -> None:
        """Nothing is asked for again once the load `is_over`."""
        super().__init__(endpoint, headers, recorder, event, expected, identity)
        self._how = how
        self._is_over = is_over
        self._new_reader = new_readers(endpoint)
        self._broken: dict[Client, BreakOff] = {}
        """What the next request of a client takes up."""

    def ask(self, client: Client, question: str, sched_ns: int) -> bool:
        """Until the answer has ended, or no further attempt is allowed; False when the last one failed."""
        try:
            is_good = super().ask(client, question, sched_ns)
            for _ in range(self._how.attempts):
                broken = self._broken.get(client)
                if broken is None:
                    break
                gevent.sleep(self._wait_s(broken))
                due_ns = now_ns()
                if self._is_over() or self._all.clock.is_over(due_ns):
                    break
                is_good = super().ask(client, question, due_ns)
        finally:
            self._broken.pop(client, None)
        return is_good

    def _wait_s(self, broken: BreakOff) -> float:
        asked_s = self._how.wait_s if broken.retry_ms is None else broken.retry_ms / 1000
        return min(asked_s, self._how.max_wait_s)

    def _stream(
        self, client: Client, request: PreparedRequest, sched_ns: int, question: str
    ) -> tuple[Exchange, Outcome]:
        last_id, retry_ms, before = self._broken.pop(client, BreakOff("", None, NOTHING_HEARD))
        if last_id and isinstance(client, WireClient):
            self._recorder.reconnect(sched_ns)
            request = self._going_on(client, question, last_id)
        framer, timer = SseDecoder(self.endpoint.max_event_bytes, last_id), TextTimer()
        decoder = FramedDecoder(framer, self._new_reader())
        exchange, outcome = self._streamed(client, request, sched_ns, question, decoder, timer, before)
        failure = outcome.failure
        if failure is not None and failure.kind in BREAKS and framer.last_id:
            wanted_ms = retry_ms if framer.retry_ms is None else framer.retry_ms
            self._broken[client] = BreakOff(framer.last_id, wanted_ms, before.and_then(timer, decoder.said))
        return exchange, outcome

    def _going_on(self, client: WireClient, question: str, last_id: str) -> PreparedRequest:
        """Headers go out in Latin-1, an id in UTF-8, as the HTML standard says."""
        headers = {**self._headers, LAST_EVENT_ID: last_id.encode().decode("latin-1")}
        return self._over_http(client, question, headers, keep=False)
