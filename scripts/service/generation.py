"""Composes an answer from passages, word by word, behind a limit on concurrent generations."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from typing import Protocol

from scripts.service.latency import LatencyModel, Pace
from scripts.service.retrieval import Hit

BLOCK_TOKENS = 8  # a whole answer is decoded in blocks of this many tokens, a stream token by token
_OPENINGS = ("In short:", "From the library:", "What the sources say:", "To answer that:")
_NOTHING_FOUND = "The library holds nothing about this question, so there is nothing to base an answer on."


class Generator(Protocol):
    async def whole(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> list[str]:
        """All tokens of one answer; joined they are its text."""
        ...

    def stream(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> AsyncGenerator[str]:
        """The same tokens one by one. Closing the generator ends the generation."""
        ...


class GenerationSlots:
    """Lets a limited number of generations run; the rest wait in order of arrival."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.waiting = 0
        self.active = 0
        self._semaphore = asyncio.Semaphore(limit)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            await self._semaphore.acquire()
        finally:
            self.waiting -= 1
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1
            self._semaphore.release()


class LocalGenerator:
    """A seeded stand-in for a language model: the same question and passages always give the same answer.

    An answer longer than its passages says them again.
    """

    def __init__(self, latency: LatencyModel, tokens: int, seed: int) -> None:
        self._latency = latency
        self._tokens = tokens
        self._seed = seed

    async def whole(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> list[str]:
        tokens = self._compose(question, hits, max_tokens)
        pace = Pace()
        await pace.wait(self._latency.first_token_s())
        for _ in range(0, len(tokens), BLOCK_TOKENS):
            await pace.wait(self._latency.token_s())
        return tokens

    async def stream(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> AsyncGenerator[str]:
        pace = Pace()
        await pace.wait(self._latency.first_token_s())
        for index, token in enumerate(self._compose(question, hits, max_tokens)):
            if index:
                await pace.wait(self._latency.token_s())
            yield token

    def _compose(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> list[str]:
        draw = random.Random(f"{self._seed}:{question}")  # noqa: S311 -- varies answers, guards nothing
        count = max(1, round(self._tokens * draw.uniform(0.75, 1.25)))
        if max_tokens is not None:
            count = min(count, max_tokens)
        text = " ".join(hit.passage.text for hit in hits) or _NOTHING_FOUND
        answer = [*draw.choice(_OPENINGS).split(), *islice(cycle(text.split()), count)][:count]
        answer[-1] = answer[-1].rstrip(",;:.") + "."
        return [answer[0], *(f" {word}" for word in answer[1:])]
