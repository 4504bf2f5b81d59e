"""Circuit breakers, in memory and in Redis."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.service.breaker_store import KEY_PREFIX
from scripts.service.breakers import Breakers, BreakerState
from scripts.service.service_error import BreakerOpenError, DependencyError
from scripts.service.settings import BreakerSettings
from tests.servers.redis_server import RedisServer, redis_server
from tests.servers.reference_service import ReferenceService, reference_service, until


async def fail(breakers: Breakers, times: int) -> None:
    for _ in range(times):
        with suppress(DependencyError):
            async with breakers.guard("embed"):
                raise DependencyError("embed", "out of order")


async def succeed(breakers: Breakers) -> None:
    async with breakers.guard("embed"):
        pass


def test_failures_in_a_row_open_a_breaker_and_success_in_between_does_not() -> None:
    async def scene() -> None:
        breakers = Breakers(["embed", "generate"], BreakerSettings(failures=3, recovery_s=60))
        await fail(breakers, 2)
        await succeed(breakers)
        await fail(breakers, 2)
        assert breakers.state("embed") is BreakerState.CLOSED

        await fail(breakers, 1)
        assert breakers.states() == {"embed": BreakerState.OPEN, "generate": BreakerState.CLOSED}
        with pytest.raises(BreakerOpenError, match="embed is open"):
            await succeed(breakers)
        with pytest.raises(BreakerOpenError):
            breakers.refuse_if_open("embed")
        breakers.refuse_if_open("generate")

    asyncio.run(scene())


def test_after_the_recovery_time_one_success_closes_and_one_failure_opens_again() -> None:
    async def scene() -> None:
        breakers = Breakers(["embed"], BreakerSettings(failures=1, recovery_s=0.0))
        await fail(breakers, 1)
        assert breakers.state("embed") is BreakerState.OPEN
        await fail(breakers, 1)
        assert breakers.state("embed") is BreakerState.OPEN
        breakers.refuse_if_open("embed")
        await succeed(breakers)
        assert breakers.state("embed") is BreakerState.CLOSED
        assert breakers.records["embed"].total_failures == 2

    asyncio.run(scene())


def test_a_cancelled_call_is_neither_success_nor_failure() -> None:
    async def scene() -> None:
        breakers = Breakers(["embed"], BreakerSettings(failures=2, recovery_s=60))
        await fail(breakers, 1)

        async def hang() -> None:
            async with breakers.guard("embed"):
                await asyncio.Event().wait()

        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

        assert breakers.failure_count("embed") == 1
        await fail(breakers, 1)
        assert breakers.state("embed") is BreakerState.OPEN

    asyncio.run(scene())


def test_refusals_do_not_pile_up_tracebacks() -> None:
    """The library raises one shared exception; without care it would grow with every refusal."""

    async def scene() -> int:
        breakers = Breakers(["embed"], BreakerSettings(failures=1, recovery_s=60))
        await fail(breakers, 1)
        for _ in range(50):
            with suppress(BreakerOpenError):
                await succeed(breakers)
        refusal = breakers._context("embed")._state
        assert isinstance(refusal, BaseException)
        depth, trace = 0, refusal.__traceback__
        while trace is not None:
            depth, trace = depth + 1, trace.tb_next
        return depth

    assert asyncio.run(scene()) <= 1


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis"), password="planted-password") as server:
        yield server


@pytest.fixture(scope="module")
def service(redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    options = {"redis_url": redis.url, "allow_faults": True, "breaker_failures": 2, "breaker_recovery_s": 60}
    with reference_service(tmp_path_factory.mktemp("service"), **options) as running:
        yield running


def written(redis: RedisServer, name: str) -> str:
    with redis.client() as client:
        return str(client.get(KEY_PREFIX + name) or "{}")


def stored(redis: RedisServer, name: str) -> dict[str, object]:
    return dict(json.loads(written(redis, name)))


def query(service: ReferenceService, question: str) -> int:
    return service.post("/query", {"question": question}).status_code


def test_breaker_state_is_kept_in_redis(service: ReferenceService, redis: RedisServer) -> None:
    until(lambda: stored(redis, "generate").get("state") == "closed")
    service.faults(dependency_down=["generate"])

    assert [query(service, f"question {number}") for number in range(3)] == [502, 502, 503]
    until(lambda: stored(redis, "generate")["state"] == "open")
    assert stored(redis, "generate")["total_failures"] == 2
    health = service.json("/health")
    assert health["status"] == "degraded"
    assert health["breakers"] == {"embed": "closed", "retrieve": "closed", "generate": "open"}
    assert service.metric("plimsoll_service_breaker_state", name="generate") == 2


def test_a_state_that_another_process_wrote_is_taken_over(
    service: ReferenceService, redis: RedisServer
) -> None:
    service.clear_faults()
    with redis.client() as client:
        client.set(KEY_PREFIX + "generate", json.dumps({"state": "closed", "failure_count": 0}))
        client.set(KEY_PREFIX + "embed", "no JSON at all")
    until(lambda: service.json("/health")["breakers"]["generate"] == "closed")

    assert query(service, "Which port does Redis use?") == 200
    until(lambda: '"closed"' in written(redis, "embed"))


def test_the_service_answers_on_while_redis_is_away_and_says_so(
    service: ReferenceService, redis: RedisServer
) -> None:
    until(lambda: service.json("/health")["components"]["redis"]["status"] == "up")
    redis.stop()
    try:
        until(lambda: service.json("/health")["components"]["redis"]["status"] == "down")
        assert service.json("/health")["status"] == "degraded"
        assert query(service, "How far is it from Lagos to Santos?") == 200
    finally:
        redis.start()
    until(lambda: service.json("/health")["status"] == "healthy")
    until(lambda: stored(redis, "generate").get("state") == "closed")


def test_the_password_of_redis_is_not_logged(service: ReferenceService, redis: RedisServer) -> None:
    assert "Redis lost" in service.log
    assert redis.password is not None
    assert redis.password not in service.log


def test_the_service_starts_without_the_redis_that_it_was_told_of(tmp_path: Path) -> None:
    with reference_service(tmp_path, redis_url="redis://127.0.0.1:1/0") as service:
        assert service.json("/health")["components"]["redis"]["status"] == "down"
        assert query(service, "When do I plant garlic?") == 200
