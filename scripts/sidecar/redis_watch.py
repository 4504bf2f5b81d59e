"""Reads a Redis server's vital figures and the circuit breakers that services keep in it."""

from typing import TYPE_CHECKING, Any

from scripts.sidecar.breaker_keys import BreakerKeys
from scripts.sidecar.reading import Reading
from scripts.sidecar.reason import short_reason

if TYPE_CHECKING:
    from redis import Redis

_SECTIONS = ("memory", "clients", "stats")
# Our name -> INFO's name; all are whole numbers.
_FIGURES = {
    "used_memory_bytes": "used_memory",
    "used_memory_rss_bytes": "used_memory_rss",
    "maxmemory_bytes": "maxmemory",
    "connected_clients": "connected_clients",
    "blocked_clients": "blocked_clients",
    "ops_per_s": "instantaneous_ops_per_sec",
    "evicted_keys": "evicted_keys",
    "expired_keys": "expired_keys",
    "rejected_connections": "rejected_connections",
    "keyspace_hits": "keyspace_hits",
    "keyspace_misses": "keyspace_misses",
}


class RedisWatch:
    """One connection, one or two round trips a tick. Only figures and states leave it, never values."""

    def __init__(self, url: str, breaker_pattern: str | None, breaker_field: str | None) -> None:
        self._url = url
        self._breakers = BreakerKeys(breaker_pattern, breaker_field) if breaker_pattern else None
        self._client: Redis | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        return ("redis", "breakers") if self._breakers else ("redis",)

    def absent(self, reason: str) -> Reading:
        return Reading({"redis": None, "breakers": {}}, dict.fromkeys(self.parts, reason))

    def read(self, timeout_s: float) -> Reading:
        # Imported here: redis loads asyncio, 10 MB that a target without Redis does not need.
        from redis.exceptions import RedisError

        try:
            client = self._connected(timeout_s)
            figures, missing = self._figures(client)
            breakers: dict[str, str] = {}
            if self._breakers is not None:
                breakers, why = self._breakers.read(client)
                missing |= why
        except (RedisError, OSError) as error:
            self.close()
            return self.absent(redis_reason(error))
        except ValueError as error:  # redis-py's word for a URL that it cannot use
            return self.absent(f"URL refused: {type(error).__name__}")
        return Reading({"redis": figures, "breakers": breakers}, missing)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self, timeout_s: float) -> "Redis":
        if self._client is None:
            from redis import Redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            # The second protocol version answers alike in all Redis versions and needs no greeting.
            self._client = Redis.from_url(
                self._url,
                protocol=2,
                decode_responses=True,
                encoding_errors="replace",
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                retry=Retry(NoBackoff(), 0),
            )
        return self._client

    def _figures(self, client: "Redis") -> tuple[dict[str, int | None] | None, dict[str, str]]:
        from redis.exceptions import ResponseError

        # Servers before version 7 take one section a call, so three calls share one round trip.
        with client.pipeline(transaction=False) as pipeline:
            for section in _SECTIONS:
                pipeline.info(section)
            answers = pipeline.execute(raise_on_error=False)
        info: dict[str, Any] = {}
        for answer in answers:
            if isinstance(answer, ResponseError):
                return None, {"redis": redis_reason(answer)}
            if isinstance(answer, Exception):
                raise answer
            info |= answer
        figures = {
            ours: value if isinstance(value := info.get(theirs), int) else None
            for ours, theirs in _FIGURES.items()
        }
        if figures["maxmemory_bytes"] == 0:  # INFO's way to say that there is no limit
            figures["maxmemory_bytes"] = None
        return figures, {}


def redis_reason(error: Exception) -> str:
    """Few words for what Redis or the way to it refused; its own text may hold user names and keys."""
    from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

    if isinstance(error, AuthenticationError):
        return "login refused"
    if isinstance(error, NoPermissionError):
        return "not permitted"
    if isinstance(error, ResponseError):
        word = str(error).split(" ", 1)[0]
        return f"refused: {word}" if word.isupper() and word.isalpha() and len(word) <= 16 else "refused"
    return short_reason(error)
