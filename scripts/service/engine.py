"""The pipeline behind every API: embed, retrieve, generate."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np

from scripts.service.breakers import Breakers
from scripts.service.cache import SemanticCache
from scripts.service.embedding import Embedder, Vector
from scripts.service.faults import Dependency, Faults
from scripts.service.generation import GenerationSlots, Generator
from scripts.service.latency import LatencyModel
from scripts.service.retrieval import Hit, PassageIndex
from scripts.service.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Ask:
    question: str
    top_k: int
    max_tokens: int | None
    use_passages: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """`stages_ms` holds only the stages that ran: a cached answer was neither retrieved nor generated."""

    text: str
    hits: tuple[Hit, ...]
    tokens: int
    cached: bool
    stages_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StageDone:
    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class Found:
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Token:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    tokens: int
    stages_ms: Mapping[str, float]


StreamPart = StageDone | Found | Token | Finished


@dataclass(frozen=True, slots=True)
class Engine:
    """Raises ServiceError for what it cannot answer.

    With `whole_breaker` one breaker of that name goes around a whole answer, else each stage has its own.
    """

    embedder: Embedder
    index: PassageIndex
    generator: Generator
    slots: GenerationSlots
    latency: LatencyModel
    cache: SemanticCache[Answer] | None
    breakers: Breakers
    whole_breaker: str | None
    faults: Faults
    telemetry: Telemetry

    async def answer(self, ask: Ask) -> Answer:
        await self.faults.strike("query")
        async with self._guard(self.whole_breaker):
            return await self._answer(ask)

    async def admit(self, endpoint: str = "stream") -> None:
        """What can refuse a streamed answer before it begins; raises ServiceError."""
        await self.faults.strike(endpoint)
        for name in self.breakers.names:
            self.breakers.refuse_if_open(name)

    async def stream(self, ask: Ask) -> AsyncGenerator[StreamPart]:
        """Closing it ends the generation and frees its slot. Streams are never answered from the cache."""
        async with self._guard(self.whole_breaker), aclosing(self._stream(ask)) as parts:
            async for part in parts:
                yield part

    def breaker(self, stage: Dependency) -> str:
        return self.whole_breaker or stage

    async def _answer(self, ask: Ask) -> Answer:
        stages = _Stages(self.telemetry)
        vector, cached = await self._known(ask, stages)
        if cached is not None:
            return replace(cached, cached=True, stages_ms=stages.ms)
        hits = await self._retrieve(vector, ask, stages)
        with stages.time("generate"):
            async with self._stage_guard("generate"), self.slots.slot():
                self.faults.check("generate")
                tokens = await self.generator.whole(ask.question, hits, ask.max_tokens)
        answer = Answer("".join(tokens), hits, len(tokens), cached=False, stages_ms=stages.ms)
        if self.cache is not None:
            self.cache.put(vector, _cache_key(ask), answer)
        return answer

    async def _stream(self, ask: Ask) -> AsyncGenerator[StreamPart]:
        stages = _Stages(self.telemetry)
        vector = await self._embed(ask, stages)
        if ask.use_passages:
            yield StageDone("embed", stages.ms["embed"])
        hits = await self._retrieve(vector, ask, stages)
        if ask.use_passages:
            yield StageDone("retrieve", stages.ms["retrieve"])
            yield Found(hits)
        count = 0
        with stages.time("generate"):
            async with self._stage_guard("generate"), self.slots.slot():
                self.faults.check("generate")
                async with aclosing(self.generator.stream(ask.question, hits, ask.max_tokens)) as tokens:
                    async for text in tokens:
                        count += 1
                        yield Token(text)
                        await self.faults.slow_token()
        yield StageDone("generate", stages.ms["generate"])
        yield Finished(count, stages.ms)

    async def _known(self, ask: Ask, stages: "_Stages") -> tuple[Vector, Answer | None]:
        vector = await self._embed(ask, stages)
        if self.cache is None or not vector.any():
            return vector, None
        return vector, self.cache.get(vector, _cache_key(ask))

    async def _embed(self, ask: Ask, stages: "_Stages") -> Vector:
        if not ask.use_passages:
            return np.zeros(1, dtype=np.float32)
        with stages.time("embed"):
            async with self._stage_guard("embed"):
                self.faults.check("embed")
                return await self.embedder.embed(ask.question)

    async def _retrieve(self, vector: Vector, ask: Ask, stages: "_Stages") -> tuple[Hit, ...]:
        if not ask.use_passages:
            return ()
        with stages.time("retrieve"):
            async with self._stage_guard("retrieve"):
                self.faults.check("retrieve")
                await asyncio.sleep(self.latency.retrieve_s())
                return self.index.nearest(vector, ask.top_k)

    def _stage_guard(self, stage: Dependency) -> AbstractAsyncContextManager[None]:
        return self._guard(None if self.whole_breaker else stage)

    def _guard(self, name: str | None) -> AbstractAsyncContextManager[None]:
        return nullcontext() if name is None else self.breakers.guard(name)


class _Stages:
    """Times the stages of one answer; a stage that fails or is cancelled leaves no time."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.ms: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        started_s = time.perf_counter()
        yield
        duration_s = time.perf_counter() - started_s
        self.ms[name] = round(duration_s * 1e3, 3)
        self._telemetry.stage(name, duration_s)


def _cache_key(ask: Ask) -> tuple[int, int | None]:
    return ask.top_k, ask.max_tokens
