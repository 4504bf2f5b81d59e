"""Circuit breakers around the service's dependencies."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from purgatory import AsyncCircuitBreakerFactory, AsyncInMemoryUnitOfWork
from purgatory.domain.messages.base import Event
from purgatory.domain.model import Context, OpenedState
from purgatory.service._async.repository import AsyncInMemoryRepository
from purgatory.typing import StateName

from scripts.service.service_error import BreakerOpenError, DependencyError
from scripts.service.settings import BreakerSettings


class BreakerState(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"

    @property
    def gauge(self) -> int:
        return {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}[self]


_STATES: dict[StateName, BreakerState] = {
    "closed": BreakerState.CLOSED,
    "half-opened": BreakerState.HALF_OPEN,
    "opened": BreakerState.OPEN,
}
_LIBRARY_NAMES = {state: name for name, state in _STATES.items()}


@dataclass(slots=True)
class CallRecord:
    """What a breaker has seen since the service's start; times are UTC seconds, None before the first."""

    total_calls: int = 0
    total_failures: int = 0
    total_successes: int = 0
    last_failure_time: float | None = None
    last_success_time: float | None = None


class Breakers:
    """One breaker per name. A call that is cancelled counts neither as success nor as failure."""

    def __init__(self, names: Sequence[str], settings: BreakerSettings) -> None:
        self._settings = settings
        memory = AsyncInMemoryUnitOfWork()
        self._contexts = AsyncInMemoryRepository()  # held here too: only its own class shows its contents
        memory.contexts = self._contexts
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=settings.failures, default_ttl=settings.recovery_s, uow=memory
        )
        self._changed: list[Callable[[], None]] = []
        self._factory.add_listener(self._on_event)
        self.records = {name: CallRecord() for name in names}
        for name in names:
            self.restore(name, BreakerState.CLOSED, failure_count=0, opened_at=None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.records)

    def on_change(self, listener: Callable[[], None]) -> None:
        self._changed.append(listener)

    def states(self) -> dict[str, BreakerState]:
        return {name: self.state(name) for name in self.records}

    def state(self, name: str) -> BreakerState:
        return _STATES[self._context(name).state]

    def failure_count(self, name: str) -> int:
        return self._context(name).failure_count or 0

    def opened_at(self, name: str) -> float | None:
        return self._context(name).opened_at

    def restore(self, name: str, state: BreakerState, failure_count: int, opened_at: float | None) -> None:
        """Puts a breaker into a state that came from elsewhere, such as another process."""
        if state is BreakerState.OPEN and opened_at is None:
            opened_at = time.time()
        self._contexts.breakers[name] = Context(
            name,
            self._settings.failures,
            self._settings.recovery_s,
            state=_LIBRARY_NAMES[state],
            failure_count=failure_count,
            opened_at=opened_at,
        )

    def refuse_if_open(self, name: str) -> None:
        """Raises BreakerOpenError while a call would be refused, without counting as one."""
        opened_at = self.opened_at(name)
        if self.state(name) is not BreakerState.OPEN or opened_at is None:
            return
        if time.time() <= opened_at + self._settings.recovery_s:
            raise BreakerOpenError(name)

    @asynccontextmanager
    async def guard(self, name: str) -> AsyncIterator[None]:
        breaker = await self._factory.get_breaker(name)
        record = self.records[name]
        try:
            await breaker.__aenter__()
        except OpenedState as refusal:
            # the library raises one shared instance, which would collect a traceback per refusal
            refusal.__traceback__ = None
            raise BreakerOpenError(name) from None
        record.total_calls += 1
        try:
            yield
        except DependencyError as error:
            record.total_failures += 1
            record.last_failure_time = time.time()
            await breaker.__aexit__(type(error), error, error.__traceback__)
            raise
        record.total_successes += 1
        record.last_success_time = time.time()
        await breaker.__aexit__(None, None, None)

    def _context(self, name: str) -> Context:
        return self._contexts.breakers[name]

    def _on_event(self, _name: str, event_type: str, _event: Event) -> None:
        if event_type == "state_changed":
            for listener in self._changed:
                listener()
