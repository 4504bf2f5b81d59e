"""Puts one service together from its settings."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import get_args

from scripts.service.backend import RemoteEmbedder, RemoteGenerator
from scripts.service.breaker_store import BreakerStore
from scripts.service.breakers import Breakers
from scripts.service.cache import SemanticCache
from scripts.service.corpus.library import passages
from scripts.service.embedding import Embedder, TextModel, Vector, fit
from scripts.service.engine import Answer, Engine
from scripts.service.faults import Dependency, Faults
from scripts.service.generation import GenerationSlots, Generator, LocalGenerator
from scripts.service.latency import LatencyModel
from scripts.service.retrieval import PassageIndex
from scripts.service.settings import Api, ServiceSettings
from scripts.service.tally import Tally
from scripts.service.telemetry import PREFIX, Readings, Telemetry

_WHOLE_BREAKER: Mapping[Api, str | None] = {Api.RAG: None, Api.XNAI: "rag_api"}


@dataclass(frozen=True, slots=True)
class Service:
    settings: ServiceSettings
    engine: Engine
    tally: Tally
    store: BreakerStore | None

    @property
    def telemetry(self) -> Telemetry:
        return self.engine.telemetry


class LocalEmbedder:
    def __init__(self, model: TextModel, latency: LatencyModel) -> None:
        self._model = model
        self._latency = latency

    async def embed(self, text: str) -> Vector:
        await asyncio.sleep(self._latency.embed_s())
        return self._model.vector(text)


@asynccontextmanager
async def assembled(settings: ServiceSettings) -> AsyncIterator[Service]:
    """Fits the model or fetches the embeddings first: about a second, or as long as the server takes."""
    latency = LatencyModel(settings.latency, settings.seed)
    embedder, index = await _library(settings, latency)
    generator = _generator(settings, latency)
    whole_breaker = _WHOLE_BREAKER[settings.api]
    breakers = Breakers([whole_breaker] if whole_breaker else get_args(Dependency), settings.breaker)
    cache = (
        SemanticCache[Answer](settings.cache_entries, settings.cache_threshold) if settings.cache else None
    )
    engine = Engine(
        embedder=embedder,
        index=index,
        generator=generator,
        slots=GenerationSlots(settings.max_generations),
        latency=latency,
        cache=cache,
        breakers=breakers,
        whole_breaker=whole_breaker,
        faults=Faults(settings.seed),
        telemetry=Telemetry(),
    )
    store = BreakerStore(settings.redis_url, breakers) if settings.redis_url else None
    service = Service(settings, engine, Tally(), store)
    _watch(service)
    keeper = asyncio.create_task(store.run()) if store else None
    try:
        yield service
    finally:
        if keeper:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        for part in (embedder, generator):
            if isinstance(part, RemoteEmbedder | RemoteGenerator):
                await part.close()
        engine.telemetry.close()


async def _library(settings: ServiceSettings, latency: LatencyModel) -> tuple[Embedder, PassageIndex]:
    library = passages()
    texts = [f"{passage.title}. {passage.title}. {passage.text}" for passage in library]
    if settings.embeddings_url is None:
        model, vectors = fit(texts)
        return LocalEmbedder(model, latency), PassageIndex(library, vectors)
    remote = RemoteEmbedder(settings.embeddings_url, settings.embeddings_model)
    return remote, PassageIndex(library, await remote.embed_all(texts))


def _generator(settings: ServiceSettings, latency: LatencyModel) -> Generator:
    if settings.llm_url is None:
        return LocalGenerator(latency, settings.tokens, settings.seed)
    return RemoteGenerator(settings.llm_url, settings.llm_model)


def _watch(service: Service) -> None:
    engine, telemetry = service.engine, service.telemetry

    def breaker_states() -> Readings:
        return [(state.gauge, {"name": name}) for name, state in engine.breakers.states().items()]

    def in_flight() -> Readings:
        return [
            (service.tally.in_flight[endpoint], {"endpoint": endpoint})
            for endpoint in ("query", "stream", "chat", "health")
        ]

    telemetry.gauge(f"{PREFIX}in_flight", "Requests being answered", in_flight)
    telemetry.gauge(f"{PREFIX}websockets", "Open WebSockets", lambda: [(service.tally.websockets, {})])
    telemetry.gauge(f"{PREFIX}breaker_state", "0 closed, 1 half-open, 2 open", breaker_states)
    telemetry.gauge(
        f"{PREFIX}generation_queue", "Generations waiting for a slot", lambda: [(engine.slots.waiting, {})]
    )
    telemetry.gauge(f"{PREFIX}generations", "Generations running", lambda: [(engine.slots.active, {})])
    cache = engine.cache
    if cache is not None:
        telemetry.counter_of(f"{PREFIX}cache_hits", "Answers from the cache", lambda: [(cache.hits, {})])
        telemetry.counter_of(
            f"{PREFIX}cache_misses", "Answers not in the cache", lambda: [(cache.misses, {})]
        )
        telemetry.gauge(f"{PREFIX}cache_entries", "Answers held in the cache", lambda: [(len(cache), {})])
