"""Faults that an operator switches on to see how a load test tells them; nothing fails unless asked to."""

import asyncio
import random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scripts.service.service_error import DependencyError, ServiceError

Dependency = Literal["embed", "retrieve", "generate"]
Rate = Field(default=0.0, ge=0.0, le=1.0)


class FaultPlan(BaseModel):
    """The body of PUT /admin/faults. Rates are shares of requests; what is left out is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoints: tuple[Literal["query", "stream", "chat", "health"], ...] = ("query", "stream", "chat")
    latency_ms: float = Field(default=0.0, ge=0.0, le=600_000.0)
    error_rate: float = Rate
    hang_rate: float = Rate
    leak_bytes_per_request: int = Field(default=0, ge=0, le=64 * 1024 * 1024)
    dependency_down: tuple[Dependency, ...] = ()
    slow_stream_ms: float = Field(default=0.0, ge=0.0, le=600_000.0)
    cut_stream_rate: float = Rate
    reset_rate: float = Rate
    keep_abandoned: bool = False


class Faults:
    """`clear` also frees what was leaked and lets hanging requests go on."""

    def __init__(self, seed: int) -> None:
        self.plan = FaultPlan()
        self._random = random.Random(f"faults:{seed}")  # noqa: S311 -- picks victims, guards nothing
        self._leaked: list[bytes] = []
        self._released = asyncio.Event()

    def use(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._released.set()
        self._released = asyncio.Event()

    def clear(self) -> None:
        self._leaked.clear()
        self.use(FaultPlan())

    async def strike(self, endpoint: str) -> None:
        """What happens to a request before it is worked on: leak, hang, delay or a plain 500."""
        plan = self.plan
        if endpoint not in plan.endpoints:
            return
        if plan.leak_bytes_per_request:
            self._leaked.append(b"\xa5" * plan.leak_bytes_per_request)  # written to, so that it is resident
        if self._draw(plan.hang_rate):
            await self._released.wait()
        if plan.latency_ms:
            await asyncio.sleep(plan.latency_ms / 1e3)
        if self._draw(plan.error_rate):
            raise ServiceError(500, "injected_error", "this error was asked for with /admin/faults")

    def check(self, dependency: Dependency) -> None:
        if dependency in self.plan.dependency_down:
            raise DependencyError(dependency, "switched off with /admin/faults")

    async def slow_token(self) -> None:
        if self.plan.slow_stream_ms:
            await asyncio.sleep(self.plan.slow_stream_ms / 1e3)

    async def hold_abandoned(self, endpoint: str) -> None:
        """A request whose client has left stays open until the faults change."""
        if self.plan.keep_abandoned and endpoint in self.plan.endpoints:
            await self._released.wait()

    def resets(self, endpoint: str) -> bool:
        return endpoint in self.plan.endpoints and self._draw(self.plan.reset_rate)

    def cuts(self, endpoint: str) -> bool:
        return endpoint in ("stream", "chat") and self._draw(self.plan.cut_stream_rate)

    def chunks_before_end(self) -> int:
        """After how many body chunks or messages a streamed answer is cut or reset."""
        return self._random.randint(2, 12)

    def _draw(self, rate: float) -> bool:
        return rate > 0.0 and self._random.random() < rate
