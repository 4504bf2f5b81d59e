"""Keeps the circuit breakers' state in Redis, so that it outlives the process and others can read it."""

import asyncio
import json
import logging
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from scripts.service.breakers import Breakers, BreakerState

KEY_PREFIX = "circuit_breaker:"
_PERIOD_S = 1.0
_EXPIRY_S = 3600

logger = logging.getLogger(__name__)


class BreakerStore:
    """Written at once when a state changes and every second; what another process wrote is taken over.

    Calls never wait for Redis: while it is away the breakers go on in memory and `available` is False.
    """

    def __init__(self, url: str, breakers: Breakers) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=1.0, socket_connect_timeout=1.0, decode_responses=True
        )
        self._breakers = breakers
        self._written: dict[str, str] = {}
        self._wake = asyncio.Event()
        self.available = False
        breakers.on_change(self._wake.set)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                changed_here = self._wake.is_set()
                self._wake.clear()
                await self._exchange(changed_here)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _PERIOD_S)
        finally:
            await self._redis.aclose()

    async def _exchange(self, changed_here: bool) -> None:
        keys = [KEY_PREFIX + name for name in self._breakers.names]
        try:
            stored = await self._redis.mget(keys)
            for name, text in zip(self._breakers.names, stored, strict=True):
                if text is not None and text != self._written.get(name) and not changed_here:
                    self._take_over(name, text)
                await self._write(name)
        except (RedisError, OSError) as error:
            if self.available:
                logger.warning("Redis lost (%s); circuit breakers go on in memory", type(error).__name__)
            self.available = False
        else:
            self.available = True

    def _take_over(self, name: str, text: str | bytes) -> None:
        try:
            record = json.loads(text)
            state = BreakerState(record["state"])
            failures = int(record.get("failure_count") or 0)
            opened_at = record.get("opened_at")
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.warning("Redis key %s%s holds no breaker state; it is written anew", KEY_PREFIX, name)
            return
        self._breakers.restore(
            name, state, failures, float(opened_at) if isinstance(opened_at, int | float) else None
        )

    async def _write(self, name: str) -> None:
        record = self._breakers.records[name]
        text = json.dumps(
            {
                "state": self._breakers.state(name),
                "failure_count": self._breakers.failure_count(name),
                "opened_at": self._breakers.opened_at(name),
                "last_failure_time": record.last_failure_time,
                "success_count": record.total_successes,
                "last_success_time": record.last_success_time,
                "total_calls": record.total_calls,
                "total_failures": record.total_failures,
                "total_successes": record.total_successes,
            },
            sort_keys=True,
        )
        if text != self._written.get(name):
            await self._redis.set(KEY_PREFIX + name, text, ex=_EXPIRY_S)
            self._written[name] = text
        else:
            await self._redis.expire(KEY_PREFIX + name, _EXPIRY_S)
