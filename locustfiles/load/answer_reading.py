"""Turns one endpoint's finished exchanges into outcomes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.endpoint import Endpoint
from analysis.failure import Failure, FailureKind
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

NOTHING: Mapping[str, Sequence[str]] = {}


class Heard(NamedTuple):
    """What of an answer came in streams that broke off, before the one that took them up."""

    text: Sequence[str]
    citations: int
    said: Mapping[str, object]

    def and_then(self, timer: TextTimer, said: Mapping[str, object]) -> "Heard":
        """The same with what came next."""
        return Heard([*self.text, *timer.text], self.citations + timer.citations, {**self.said, **said})


NOTHING_HEARD = Heard((), 0, {})


class AnswerReading:
    """What of an answer the target file wants looked at; made once, so that nothing else is."""

    __slots__ = ("_check", "_expected", "_facts", "_needs_json", "_needs_only_a_status", "_stage_fields")

    def __init__(self, endpoint: Endpoint, expected: Mapping[str, Sequence[str]] = NOTHING) -> None:
        """`expected` are the words, in lower case, that the answer to a question must hold."""
        self._expected = expected if endpoint.asks else NOTHING
        self._check = AnswerCheck(endpoint.expect)
        self._facts = AnswerFacts(endpoint)
        self._stage_fields = {name: steps_of(path) for name, path in endpoint.stage_json.items()}
        self._needs_json = bool(self._stage_fields) or self._facts.needs_json or self._check.needs_json
        self._needs_only_a_status = (
            self._check.needs_only_a_status
            and not self._stage_fields
            and not self._facts.wanted
            and not self._expected
            and endpoint.websocket is None
        )

    def answer(self, exchange: Exchange, question: str) -> Outcome:
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
        if failure is None and question in self._expected:
            failure = self._lacking(question, exchange.body.decode("utf-8", "replace"))
        if failure is not None:
            return Outcome(failure)
        stages = reported_stages_us(exchange, self._stage_fields, document)
        timings = with_unattributed(stages, exchange.service_us) | _handshake_us(exchange)
        if not timings and not self._facts.wanted:
            return PLAIN
        return Outcome(
            timings_us=timings,
            hit=self._facts.hit(exchange, document),
            sources=self._facts.sources(document, 0),
        )

    def stream(
        self,
        exchange: Exchange,
        timer: TextTimer,
        said: Mapping[str, object],
        question: str,
        before: Heard = NOTHING_HEARD,
    ) -> Outcome:
        """The outcome of a stream; `said` is what its events without text held.

        Times and counts are its own; what the answer must hold may have come `before`.
        """
        text: Sequence[str] = timer.text
        citations = timer.citations
        if before is not NOTHING_HEARD:
            text, citations, said = before.and_then(timer, said)
        failure = self._check.stream_failure(exchange, text, citations)
        if failure is None and self._check.needs_json:
            failure = self._check.rules.broken(said)
        if failure is None and question in self._expected:
            failure = self._lacking(question, "".join(text))
        if failure is not None:
            return Outcome(failure)
        stages = {**header_stages_us(exchange), **timer.stages_us}
        timings = timer.timings_us(exchange.sched_ns, exchange.send_ns)
        timings |= with_unattributed(stages, exchange.service_us) | _handshake_us(exchange)
        return Outcome(
            timings_us=timings,
            gaps_us=timer.gaps_us,
            text_events=timer.text_events,
            text_bytes=timer.text_bytes,
            coalesced=timer.coalesced,
            tokens=timer.tokens,
            hit=self._facts.hit(exchange, said),
            sources=self._facts.sources(said, citations),
        )

    def _lacking(self, question: str, text: str) -> Failure | None:
        """Not naming the word: one failure for all questions can be counted, one for each cannot."""
        found = text.lower()
        if all(word in found for word in self._expected[question]):
            return None
        return Failure(FailureKind.VALIDATION, "the answer lacks a word that its question expects")


def _handshake_us(exchange: Exchange) -> dict[str, int]:
    """Of the exchange that a WebSocket was opened for."""
    return {} if exchange.handshake_ns is None else {"handshake": exchange.handshake_ns // 1000}
