"""What the service says of its own parts."""

import time

import psutil

from scripts.service.assembly import Service
from scripts.service.breakers import BreakerState
from scripts.service.faults import Dependency
from scripts.service.settings import SERVICE_VERSION


class Health:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._process = psutil.Process()
        self._started_s = time.monotonic()

    def report(self) -> dict[str, object]:
        components = self.components()
        healthy = all(part["status"] == "up" for part in components.values()) and self.breakers_closed()
        return {
            "status": "healthy" if healthy else "degraded",
            "components": components,
            "version": SERVICE_VERSION,
            "uptime_s": round(time.monotonic() - self._started_s, 3),
            "memory": {"rss_bytes": self.rss_bytes()},
            "breakers": self._service.engine.breakers.states(),
        }

    def components(self) -> dict[str, dict[str, object]]:
        """A part is down while a fault switches it off or its breaker is open, Redis while it is away."""
        service, engine = self._service, self._service.engine
        parts: dict[str, dict[str, object]] = {
            "embeddings": {
                "status": self._status("embed"),
                "remote": service.settings.embeddings_url is not None,
            },
            "index": {"status": self._status("retrieve"), "passages": len(engine.index)},
            "generator": {
                "status": self._status("generate"),
                "remote": service.settings.llm_url is not None,
                "active": engine.slots.active,
                "queued": engine.slots.waiting,
                "limit": engine.slots.limit,
            },
        }
        if engine.cache is not None:
            parts["cache"] = {
                "status": "up",
                "entries": len(engine.cache),
                "hits": engine.cache.hits,
                "misses": engine.cache.misses,
            }
        if service.store is not None:
            parts["redis"] = {"status": "up" if service.store.available else "down"}
        return parts

    def breakers_closed(self) -> bool:
        return BreakerState.OPEN not in self._service.engine.breakers.states().values()

    def rss_bytes(self) -> int:
        return int(self._process.memory_info().rss)

    def _status(self, dependency: Dependency) -> str:
        engine = self._service.engine
        down = dependency in engine.faults.plan.dependency_down
        refused = engine.breakers.state(engine.breaker(dependency)) is BreakerState.OPEN
        return "down" if down or refused else "up"
