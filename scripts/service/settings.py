"""How one instance of the reference service is set up."""

from dataclasses import dataclass
from enum import StrEnum

SERVICE_VERSION = "1.0"


class Api(StrEnum):
    RAG = "rag"
    XNAI = "xnai"


@dataclass(frozen=True, slots=True)
class LatencySettings:
    """Medians of the latency model; `jitter` is the sigma of its log-normal noise."""

    embed_ms: float = 4.0
    retrieve_ms: float = 6.0
    ttft_ms: float = 25.0
    token_ms: float = 10.0
    jitter: float = 0.06
    slow_factor: float = 1.0
    extra_latency_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    failures: int = 5
    recovery_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """`tokens` is the mean length of an answer; a remote model decides for itself."""

    api: Api = Api.RAG
    redis_url: str | None = None
    embeddings_url: str | None = None
    embeddings_model: str = "embeddings"
    llm_url: str | None = None
    llm_model: str = "chat"
    allow_faults: bool = False
    seed: int = 1
    cache: bool = True
    cache_entries: int = 512
    cache_threshold: float = 0.985
    tokens: int = 30
    max_generations: int = 32
    latency: LatencySettings = LatencySettings()
    breaker: BreakerSettings = BreakerSettings()
