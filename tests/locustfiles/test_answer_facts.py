"""Cache hits and sources are read where the target file says."""

import pytest

from analysis.endpoint import Dialect, Endpoint
from locustfiles.load.answer_facts import AnswerFacts
from locustfiles.load.exchange import Exchange


def exchange(header: str = "") -> Exchange:
    return Exchange(0, status=200, head=f"HTTP/1.1 200 OK\r\n{header}".encode())


@pytest.mark.parametrize(
    ("value", "hit"),
    [(True, True), (False, False), ("HIT", True), ("semantic-hit", True), ("miss", False), ("yes", True),
     ("no", False), (None, None), (3, None), ("stale", None)],
)  # fmt: skip
def test_a_field_tells_hits_from_misses(value: object, hit: bool | None) -> None:
    """What is neither is counted as neither."""
    facts = AnswerFacts(Endpoint("q", "POST", "/q", cache="meta.cached"))
    assert facts.hit(exchange(), {"meta": {"cached": value}}) is hit
    assert facts.hit(exchange(), {}) is None


@pytest.mark.parametrize(
    ("header", "hit"),
    [("X-Cache: HIT", True), ("x-cache: Hit from edge", True), ("X-Cache: TCP_MISS", False), ("", None)],
)
def test_a_header_tells_hits_from_misses(header: str, hit: bool | None) -> None:
    """Whatever its case."""
    facts = AnswerFacts(Endpoint("q", "POST", "/q", cache="header:X-Cache"))
    assert not facts.needs_json
    assert facts.hit(exchange(header), {}) is hit


@pytest.mark.parametrize(
    ("document", "count"),
    [({"sources": [1, 2]}, 2), ({"sources": []}, 0), ({"sources": None}, 0), ({}, None), ("x", None)],
)
def test_the_sources_of_an_answer_are_counted(document: object, count: int | None) -> None:
    """An empty list is an empty retrieval; a missing one says nothing."""
    facts = AnswerFacts(Endpoint("q", "POST", "/q", sources="sources"))
    assert facts.sources(document, 0) == count


def test_the_citation_events_of_a_stream_are_its_sources() -> None:
    """Without any, the retrieval was empty."""
    facts = AnswerFacts(Endpoint("s", "POST", "/s", dialect=Dialect.RAG_EVENTS, sources="citations"))
    assert (facts.sources({}, 0), facts.sources({}, 3)) == (0, 3)


def test_an_endpoint_without_these_keys_looks_at_nothing() -> None:
    """So that the fast way stays open."""
    facts = AnswerFacts(Endpoint("q", "POST", "/q"))
    assert not facts.wanted
    assert not facts.needs_json
