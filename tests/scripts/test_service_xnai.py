"""The XNAi API on the reference service: paths, payloads, errors and the wire as the stack speaks them."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from scripts.service.breaker_store import KEY_PREFIX
from tests.servers.redis_server import RedisServer, redis_server
from tests.servers.reference_service import ReferenceService, reference_service, until

PREFIX = "/xnai/api/v1"
QUESTION = {"query": "How far is it from Rotterdam to Santos?"}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def service(redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    options = {"api": "xnai", "redis_url": redis.url, "allow_faults": True, "breaker_failures": 3}
    options |= {"breaker_recovery_s": 0.3, "tokens": 400, "token_ms": 0.5}
    with reference_service(tmp_path_factory.mktemp("service"), **options) as running:
        until(lambda: running.json(f"{PREFIX}/health")["status"] == "healthy")
        yield running


def messages(wire: str) -> list[dict[str, Any]]:
    """Decodes by finding `data: ` and reading one JSON value: splitting would break on escaped content."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(wire):
        assert wire.startswith("data: ", position)
        value, position = decoder.raw_decode(wire, position + 6)
        found.append(value)
        assert wire[position : position + 4] == "\\n\\n"
        position += 4
    return found


def test_a_query_is_answered_in_the_stack_s_own_shape(service: ReferenceService) -> None:
    response = service.post(f"{PREFIX}/query", QUESTION)
    answer = response.json()

    assert response.status_code == 200
    assert set(answer) == {"response", "sources", "tokens_generated", "duration_ms", "token_rate_tps"}
    assert answer["sources"][0] == "Distance from Rotterdam to Santos"
    assert len(answer["sources"]) == 5
    assert answer["tokens_generated"] == len(answer["response"].split())
    assert 0 < answer["duration_ms"] < response.elapsed.total_seconds() * 1e3


def test_without_rag_there_are_no_sources(service: ReferenceService) -> None:
    answer = service.post(f"{PREFIX}/query", {**QUESTION, "use_rag": False}).json()
    stream = messages(service.post(f"{PREFIX}/stream", {**QUESTION, "use_rag": False}).text)

    assert answer["sources"] == []
    assert answer["response"]
    assert {message["type"] for message in stream} == {"token", "done"}


def test_the_stream_holds_no_line_break_but_a_literal_separator(service: ReferenceService) -> None:
    response = service.post(f"{PREFIX}/stream", {**QUESTION, "max_tokens": 12})
    stream = messages(response.text)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert "\n" not in response.text
    assert [message["type"] for message in stream] == ["sources", *["token"] * 12, "done"]
    assert stream[-1]["tokens"] == 12
    assert stream[-1]["latency_ms"] > 0
    assert "".join(message["content"] for message in stream[1:-1]).endswith(".")


def test_max_tokens_is_capped_whatever_the_request_asks(service: ReferenceService) -> None:
    asked = {tokens: {**QUESTION, "max_tokens": tokens} for tokens in (2048, 512, 100)}
    given = {n: service.post(f"{PREFIX}/query", body).json()["tokens_generated"] for n, body in asked.items()}

    assert given == {2048: 256, 512: 256, 100: 100}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.query"),
        ({"query": ""}, "body.query"),
        ({"query": "x" * 2001}, "body.query"),
        ({"query": "x", "max_tokens": 2049}, "body.max_tokens"),
        ({"query": "x", "temperature": 3}, "body.temperature"),
        ({"query": "x", "top_p": -1}, "body.top_p"),
    ],
)
def test_a_bad_body_is_a_400_with_the_stack_s_error_body(
    service: ReferenceService, body: dict[str, object], field: str
) -> None:
    response = service.post(f"{PREFIX}/query", body)
    error = response.json()

    assert response.status_code == 400
    assert list(error) == [
        "error_code", "message", "category", "http_status", "timestamp", "details", "recovery_suggestion",
        "request_id",
    ]  # fmt: skip
    assert error["http_status"] == 400
    assert error["category"] == "validation"
    assert error["details"]["errors"][0]["field"] == field
    assert error["request_id"] == response.headers["x-request-id"]
    assert datetime.fromisoformat(error["timestamp"]).tzinfo is not None


def test_the_request_id_is_always_new(service: ReferenceService) -> None:
    url = service.base_url + f"{PREFIX}/health"
    identities = {
        service.client.get(url, headers={"X-Request-ID": "mine"}).headers["x-request-id"] for _ in range(3)
    }

    assert len(identities) == 3
    assert "mine" not in identities


def test_health_is_in_the_stack_s_own_words(service: ReferenceService) -> None:
    health = service.json(f"{PREFIX}/health")

    assert set(health) == {"status", "version", "memory_gb", "vectorstore_loaded", "components"}
    assert health["status"] == "healthy"
    assert health["vectorstore_loaded"] is True
    assert health["components"]["circuit_breakers_healthy"] is True
    assert health["components"]["health_redis"] is True


def test_an_open_breaker_is_a_503_of_another_shape_and_a_key_in_redis(
    service: ReferenceService, redis: RedisServer
) -> None:
    service.faults(dependency_down=["retrieve"])
    statuses = [
        service.post(f"{PREFIX}/query", {"query": f"number {number}"}).status_code for number in range(3)
    ]
    refused = service.post(f"{PREFIX}/stream", QUESTION)

    assert statuses == [500] * 3
    assert refused.status_code == 503
    assert list(refused.json()) == ["error"]
    assert "circuit open" in refused.json()["error"]

    def state() -> object:
        with redis.client() as client:
            return json.loads(str(client.get(KEY_PREFIX + "rag_api"))).get("state")

    until(lambda: state() == "open")
    health = service.client.get(service.base_url + f"{PREFIX}/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    service.clear_faults()
    until(lambda: service.post(f"{PREFIX}/query", {"query": "When do I plant garlic?"}).status_code == 200)
    until(lambda: state() == "closed")


def test_a_failure_inside_a_stream_arrives_as_an_error_in_a_200(service: ReferenceService) -> None:
    service.faults(dependency_down=["generate"])
    response = service.post(f"{PREFIX}/stream", QUESTION)
    service.clear_faults()

    assert response.status_code == 200
    assert messages(response.text)[-1]["type"] == "error"
    assert "error" in messages(response.text)[-1]


def test_its_metrics_are_served_on_the_same_port(service: ReferenceService) -> None:
    service.post(f"{PREFIX}/query", {"query": "What is the climate of Lagos?"})
    text = service.client.get(service.base_url + "/metrics").text
    types = dict(re.findall(r"^# TYPE (xnai_\S+) (\S+)", text, re.MULTILINE))

    assert types == {
        "xnai_response_latency_ms": "histogram",
        "xnai_rag_retrieval_time_ms": "histogram",
        "xnai_token_rate_tps": "gauge",
        "xnai_tokens_generated_total": "counter",
        "xnai_queries_processed_total": "counter",
        "xnai_errors_total": "counter",
        "xnai_memory_usage_bytes": "gauge",
    }
    assert 'xnai_response_latency_ms_count{endpoint="/query",method="POST"}' in text


def test_requests_are_counted_under_the_same_names_as_ever(service: ReferenceService) -> None:
    assert set(service.stats()["received"]) >= {"query", "stream", "health", "metrics", "faults"}
    assert "other" not in service.stats()["received"]
