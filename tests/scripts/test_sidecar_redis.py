"""Figures and breaker states from a real Redis server."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from scripts.sidecar.redis_watch import RedisWatch
from tests.servers.redis_server import RedisServer, redis_server

PATTERN = "circuit_breaker:*"
TIMEOUT_S = 5.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def client(server: RedisServer) -> Iterator[Redis]:
    with server.client() as connected:
        connected.flushall()
        connected.config_set("maxmemory", 0)
        yield connected


@pytest.fixture
def watch(server: RedisServer, client: Redis) -> Iterator[RedisWatch]:
    source = RedisWatch(server.url, PATTERN, "state")
    yield source
    source.close()


def test_figures_are_whole_numbers_and_no_limit_is_absent(watch: RedisWatch, client: Redis) -> None:
    free = watch.read(TIMEOUT_S).parts["redis"]
    client.config_set("maxmemory", "64mb")
    limited = watch.read(TIMEOUT_S).parts["redis"]

    assert free["used_memory_bytes"] > 500_000
    assert free["connected_clients"] == 2
    assert free["evicted_keys"] == 0
    assert free["maxmemory_bytes"] is None
    assert limited["maxmemory_bytes"] == 64 * 1024 * 1024
    assert all(value is None or isinstance(value, int) for value in limited.values())


def test_states_come_from_json_from_hashes_and_from_plain_words(watch: RedisWatch, client: Redis) -> None:
    client.set("circuit_breaker:json", json.dumps({"state": "open", "failure_count": 5}))
    client.hset("circuit_breaker:hash", mapping={"state": "half-open", "failures": "3"})
    client.set("circuit_breaker:word", "CLOSED")
    client.set("other:key", "open")
    reading = watch.read(TIMEOUT_S)

    assert reading.parts["breakers"] == {"json": "open", "hash": "half_open", "word": "closed"}
    assert reading.missing == {}


def test_anybodys_data_under_the_pattern_is_unknown_and_not_repeated(
    watch: RedisWatch, client: Redis
) -> None:
    client.set("circuit_breaker:text", "sk-5ecret")
    client.set("circuit_breaker:json", json.dumps({"token": "sk-5ecret"}))
    client.hset("circuit_breaker:hash", mapping={"token": "sk-5ecret"})
    client.rpush("circuit_breaker:list", "sk-5ecret")
    reading = watch.read(TIMEOUT_S)

    assert reading.parts["breakers"] == dict.fromkeys(("text", "json", "hash", "list"), "unknown")
    assert "5ecret" not in repr(reading)
    assert set(reading.missing.values()) == {"state is none of closed, open, half_open"}


def test_changes_are_seen_and_keys_that_expire_are_missing(watch: RedisWatch, client: Redis) -> None:
    client.set("circuit_breaker:rag", '{"state": "closed"}')
    client.hset("circuit_breaker:hash", "state", "closed")
    first = watch.read(TIMEOUT_S)
    client.set("circuit_breaker:rag", '{"state": "open"}')
    client.delete("circuit_breaker:hash")
    second = watch.read(TIMEOUT_S)
    client.set("circuit_breaker:hash", "open")
    third = watch.read(TIMEOUT_S)

    assert first.parts["breakers"] == {"rag": "closed", "hash": "closed"}
    assert second.parts["breakers"] == {"rag": "open"}
    assert second.missing == {"breakers.hash": "key gone"}
    assert third.parts["breakers"] == {"rag": "open", "hash": "open"}


def test_no_key_is_told_apart_from_no_redis(watch: RedisWatch) -> None:
    reading = watch.read(TIMEOUT_S)

    assert reading.parts["breakers"] == {}
    assert reading.missing == {"breakers": "no key matches"}


def test_a_large_database_is_searched_in_bounded_steps(watch: RedisWatch, client: Redis) -> None:
    """Two steps of about a thousand keys a tick: the server is never held up."""
    with client.pipeline(transaction=False) as pipeline:
        for number in range(10_000):
            pipeline.set(f"cache:{number}", "x")
        pipeline.set("circuit_breaker:rag", "open")
        pipeline.execute()
    calls_before = client.info("commandstats").get("cmdstat_scan", {"calls": 0})["calls"]
    readings = [watch.read(TIMEOUT_S) for _ in range(8)]
    calls_after = client.info("commandstats")["cmdstat_scan"]["calls"]

    assert calls_after - calls_before <= 16
    assert readings[-1].parts["breakers"] == {"rag": "open"}
    assert {reading.missing.get("breakers") for reading in readings} <= {None, "still looking for keys"}


def test_keys_without_end_are_bounded(watch: RedisWatch, client: Redis) -> None:
    for number in range(70):
        client.set(f"circuit_breaker:{number:02}", "closed")
    reading = watch.read(TIMEOUT_S)

    assert len(reading.parts["breakers"]) == 64
    assert reading.missing == {"breakers": "more than 64 keys match; the rest is left out"}


def test_a_pattern_without_wildcard_is_one_key(server: RedisServer, client: Redis) -> None:
    client.set("breaker", "open")
    source = RedisWatch(server.url, "breaker", None)
    reading = source.read(TIMEOUT_S)
    source.close()

    assert reading.parts["breakers"] == {"breaker": "open"}


def test_without_a_pattern_no_key_is_looked_at(server: RedisServer, client: Redis) -> None:
    client.set("circuit_breaker:rag", "open")
    source = RedisWatch(server.url, None, None)
    reading = source.read(TIMEOUT_S)
    source.close()

    assert source.parts == ("redis",)
    assert reading.parts["breakers"] == {}
    assert reading.missing == {}


def test_a_server_that_goes_away_comes_back_by_itself(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        source = RedisWatch(server.url, PATTERN, "state")
        here = source.read(TIMEOUT_S)
        server.stop()
        lost, away = source.read(TIMEOUT_S), source.read(TIMEOUT_S)
        server.start()
        back = source.read(TIMEOUT_S)
        source.close()

    assert here.parts["redis"] is not None
    assert lost.parts["redis"] is None
    assert away.missing == {"redis": "connection refused", "breakers": "connection refused"}
    assert back.parts["redis"] is not None


def test_a_wrong_password_is_told_without_repeating_it(tmp_path: Path) -> None:
    with redis_server(tmp_path, password="right-5ecret") as server:
        good = RedisWatch(server.url, None, None)
        bad = RedisWatch(server.url.replace("right-", "wrong-"), None, None)
        none = RedisWatch(server.url.replace(":right-5ecret@", ""), None, None)
        readings = [source.read(TIMEOUT_S) for source in (good, bad, none)]
        for source in (good, bad, none):
            source.close()

    assert [reading.missing.get("redis") for reading in readings] == [None, "login refused", "login refused"]
    assert "5ecret" not in repr(readings)


def test_a_user_who_may_not_read_figures_still_sees_breakers(server: RedisServer, client: Redis) -> None:
    client.set("circuit_breaker:rag", "open")
    client.acl_setuser(
        "watcher", enabled=True, passwords=["+pw"], keys=["circuit_breaker:*"], commands=["+@read"]
    )
    source = RedisWatch(server.url.replace("redis://", "redis://watcher:pw@"), PATTERN, None)
    reading = source.read(TIMEOUT_S)
    source.close()

    assert reading.parts["redis"] is None
    assert reading.missing == {"redis": "not permitted"}
    assert reading.parts["breakers"] == {"rag": "open"}


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = RedisWatch(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", PATTERN, "state")
        reading = source.read(0.1)
        source.close()

    assert reading.missing["redis"] == "no answer in time"
