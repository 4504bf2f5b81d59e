"""Turns one endpoint's finished exchanges into outcomes."""

from collections.abc import Mapping
from typing import Any

from analysis.endpoint import Endpoint
from locustfiles.load.answer_facts import AnswerFacts
from locustfiles.load.exchange import Exchange
from locustfiles.load.expectation import AnswerCheck
from locustfiles.load.json_rules import MISSING, parsed, steps_of
from locustfiles.load.outcome import PLAIN, Outcome
from locustfiles.load.stage_times import (
    header_stages_us,
    reported_stages_us,
    reports_stages,
    with_unattributed,
)
from locustfiles.load.text_timer import TextTimer


class AnswerReading:
    """What of an answer the target file wants looked at; made once, so that nothing else is."""

    __slots__ = ("_check", "_facts", "_needs_json", "_needs_only_a_status", "_stage_fields")

    def __init__(self, endpoint: Endpoint) -> None:
        self._check = AnswerCheck(endpoint.expect)
        self._facts = AnswerFacts(endpoint)
        self._stage_fields = {name: steps_of(path) for name, path in endpoint.stage_json.items()}
        self._needs_json = bool(self._stage_fields) or self._facts.needs_json or self._check.needs_json
        self._needs_only_a_status = (
            self._check.needs_only_a_status and not self._stage_fields and not self._facts.wanted
        )

    def answer(self, exchange: Exchange) -> Outcome:
        """The outcome of a plain answer."""
        if (
            self._needs_only_a_status
            and exchange.failure is None
            and exchange.status in self._check.statuses
            and not reports_stages(exchange)
        ):
            return PLAIN
        document: Any = MISSING
        if self._needs_json and exchange.failure is None:
            document = parsed(exchange.body)
        failure = self._check.answer_failure(exchange, document)
        if failure is not None:
            return Outcome(failure)
        stages = reported_stages_us(exchange, self._stage_fields, document)
        if not stages and not self._facts.wanted:
            return PLAIN
        return Outcome(
            timings_us=with_unattributed(stages, exchange.service_us),
            hit=self._facts.hit(exchange, document),
            sources=self._facts.sources(document, 0),
        )

    def stream(self, exchange: Exchange, timer: TextTimer, said: Mapping[str, object]) -> Outcome:
        """The outcome of a stream; `said` is what its events without text held."""
        failure = self._check.stream_failure(exchange, timer.text, timer.citations)
        if failure is None and self._check.needs_json:
            failure = self._check.rules.broken(said)
        if failure is not None:
            return Outcome(failure)
        stages = {**header_stages_us(exchange), **timer.stages_us}
        timings = timer.timings_us(exchange.sched_ns, exchange.send_ns)
        timings |= with_unattributed(stages, exchange.service_us)
        return Outcome(
            timings_us=timings,
            gaps_us=timer.gaps_us,
            text_events=timer.text_events,
            text_bytes=timer.text_bytes,
            coalesced=timer.coalesced,
            tokens=timer.tokens,
            hit=self._facts.hit(exchange, said),
            sources=self._facts.sources(said, timer.citations),
        )
