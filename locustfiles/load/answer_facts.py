"""What an answer says about itself besides its text: whether a cache gave it, and how many sources it has."""

from typing import Any

from analysis.endpoint import Endpoint
from locustfiles.load.exchange import Exchange
from locustfiles.load.json_rules import follow, steps_of

HEADER = "header:"
CITATIONS = "citations"


class AnswerFacts:
    """Looks where the target file says; an endpoint without such keys has none of these facts."""

    __slots__ = (
        "_cache_header",
        "_cache_steps",
        "_counts_citations",
        "_source_steps",
        "needs_json",
        "wanted",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        cache, sources = endpoint.cache, endpoint.sources
        is_header = cache is not None and cache.startswith(HEADER)
        self._cache_header = cache[len(HEADER) :].strip().lower() if cache is not None and is_header else None
        self._cache_steps = steps_of(cache) if cache is not None and not is_header else None
        self._counts_citations = endpoint.dialect.is_stream and sources == CITATIONS
        self._source_steps = steps_of(sources) if sources and not self._counts_citations else None
        self.needs_json = self._cache_steps is not None or self._source_steps is not None
        self.wanted = cache is not None or sources is not None

    def hit(self, exchange: Exchange, document: Any) -> bool | None:
        """Whether the answer came from the service's cache; None when it does not say."""
        if self._cache_header is not None:
            return _as_hit(exchange.headers.get(self._cache_header))
        return None if self._cache_steps is None else _as_hit(follow(document, self._cache_steps))

    def sources(self, document: Any, citations: int) -> int | None:
        """How many sources the answer names; None when nobody asked, or the answer has no such list."""
        if self._counts_citations:
            return citations
        if self._source_steps is None:
            return None
        found = follow(document, self._source_steps)
        if found is None:
            return 0
        return len(found) if isinstance(found, list | dict | str) else None


def _as_hit(value: object) -> bool | None:
    """Caches say true, "HIT", "hit from edge", "TCP_MISS" and the like."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    word = value.lower()
    if "miss" in word or word in ("false", "no"):
        return False
    return True if "hit" in word or word in ("true", "yes") else None
