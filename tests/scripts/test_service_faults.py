"""Faults: each one shows what it says, and is over when it is cleared."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.servers.reference_service import ReferenceService, reference_service, until

QUESTION = {"question": "When do I plant garlic?"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    directory = tmp_path_factory.mktemp("service")
    with reference_service(
        directory, allow_faults=True, cache=False, breaker_failures=3, breaker_recovery_s=0.3, token_ms=2.0
    ) as service:
        yield service


@pytest.fixture
def service(running: ReferenceService) -> Iterator[ReferenceService]:
    yield running
    running.clear_faults()
    until(lambda: running.metric("plimsoll_service_in_flight") == 0)
    until(lambda: running.metric("plimsoll_service_generations") == 0)


def raw_exchange(service: ReferenceService, path: str) -> bytes:
    """All bytes until the end of the connection; raises ConnectionResetError when it is reset."""
    body = json.dumps(QUESTION).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head.encode() + body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_the_plan_is_shown_and_cleared(service: ReferenceService) -> None:
    service.faults(latency_ms=5, error_rate=0.25)
    assert service.json("/admin/faults")["error_rate"] == 0.25

    service.clear_faults()
    assert service.json("/admin/faults")["error_rate"] == 0.0


def test_an_unknown_fault_or_a_rate_above_one_is_refused(service: ReferenceService) -> None:
    for plan in ({"latency": 5}, {"error_rate": 1.5}, {"dependency_down": ["moon"]}):
        response = service.client.put(service.base_url + "/admin/faults", json=plan)
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "validation"


def test_errors_come_at_their_rate_and_the_same_seed_gives_the_same_victims(
    service: ReferenceService,
) -> None:
    service.faults(error_rate=0.5)
    statuses = [service.post("/query", {**QUESTION, "max_tokens": 1}).status_code for _ in range(30)]

    assert set(statuses) == {200, 500}
    assert 5 <= statuses.count(500) <= 25


def test_latency_is_added_to_the_chosen_endpoints_only(service: ReferenceService) -> None:
    service.faults(latency_ms=300, endpoints=["health"])
    slow = service.client.get(service.base_url + "/health")

    assert slow.elapsed.total_seconds() >= 0.3
    service.faults(latency_ms=60_000, endpoints=["stream"])
    assert service.post("/query", QUESTION).status_code == 200


def test_a_request_hangs_until_its_client_gives_up(service: ReferenceService) -> None:
    service.faults(hang_rate=1.0)
    with pytest.raises(httpx.ReadTimeout):
        service.client.post(service.base_url + "/query", json=QUESTION, timeout=0.3)

    until(lambda: service.metric("plimsoll_service_in_flight", endpoint="query") == 0, 2.0)


def test_clearing_the_faults_lets_hanging_requests_go_on(service: ReferenceService) -> None:
    service.faults(hang_rate=1.0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.post, "/query", QUESTION)
        until(lambda: service.metric("plimsoll_service_in_flight", endpoint="query") == 1)
        service.clear_faults()

        assert answer.result().status_code == 200


def test_leaked_memory_is_resident_until_it_is_cleared(service: ReferenceService) -> None:
    def rss_bytes() -> int:
        return int(service.json("/health")["memory"]["rss_bytes"])

    before = rss_bytes()
    service.faults(leak_bytes_per_request=8_000_000)
    for _ in range(10):
        service.post("/query", {**QUESTION, "max_tokens": 1})
    leaking = rss_bytes()
    assert leaking - before > 50_000_000  # the first of the 80 MB may go into memory that was free

    service.clear_faults()
    until(lambda: leaking - rss_bytes() > 50_000_000)


@pytest.mark.parametrize("dependency", ["embed", "retrieve", "generate"])
def test_a_dependency_that_is_down_opens_its_breaker_and_closes_it_after_recovery(
    service: ReferenceService, dependency: str
) -> None:
    service.faults(dependency_down=[dependency])
    answers = [service.post("/query", QUESTION) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [502, 502, 502, 503]
    assert answers[0].json()["error"]["code"] == "dependency_failed"
    assert answers[3].json()["error"]["code"] == "breaker_open"
    assert service.post("/stream", QUESTION).status_code == 503
    health = service.json("/health")
    assert health["status"] == "degraded"
    assert health["breakers"][dependency] == "open"

    service.clear_faults()
    until(lambda: service.post("/query", QUESTION).status_code == 200)
    assert service.json("/health")["status"] == "healthy"


def test_a_stream_whose_generator_fails_ends_in_an_error_event(service: ReferenceService) -> None:
    service.faults(dependency_down=["generate"])
    response = service.post("/stream", QUESTION)

    assert response.status_code == 200
    assert '\nevent: error\ndata: {"code":"dependency_failed"' in response.text
    assert "event: done" not in response.text
    service.clear_faults()
    until(lambda: service.post("/query", QUESTION).status_code == 200)


def test_a_slow_stream_takes_longer_for_every_token(service: ReferenceService) -> None:
    def generated_ms() -> tuple[float, float]:
        """As the service says, and as its client waits."""
        started = time.monotonic()
        response = service.post("/stream", {**QUESTION, "max_tokens": 6})
        waited_ms = (time.monotonic() - started) * 1000
        assert response.text.count("event: token") == 6
        return float(response.text.rpartition('"generate":')[2].rstrip("}\n ")), waited_ms

    quick_ms, _ = min(generated_ms() for _ in range(3))
    service.faults(slow_stream_ms=50)
    slow_ms, waited_ms = generated_ms()

    assert slow_ms >= quick_ms + 6 * 50 * 0.9  # sleeps may end a little early, and medians vary
    assert waited_ms >= slow_ms


def test_a_cut_stream_ends_in_order_but_without_its_end(service: ReferenceService) -> None:
    service.faults(cut_stream_rate=1.0)
    before = service.stats()["completed"].get("stream", 0)
    received = raw_exchange(service, "/stream")

    assert received.startswith(b"HTTP/1.1 200")
    assert b"event: " in received
    assert b"event: done" not in received
    assert not received.endswith(b"0\r\n\r\n")
    assert service.stats()["completed"].get("stream", 0) == before
    assert service.post("/query", QUESTION).status_code == 200


@pytest.mark.parametrize("path", ["/query", "/stream"])
def test_a_reset_connection_is_reset_and_not_closed(service: ReferenceService, path: str) -> None:
    service.faults(reset_rate=1.0)
    with pytest.raises(ConnectionResetError):
        raw_exchange(service, path)

    until(lambda: service.metric("plimsoll_service_in_flight") == 0)


def test_with_resets_at_random_ok_is_at_most_completed_and_completed_at_most_received(
    service: ReferenceService,
) -> None:
    service.faults(reset_rate=0.4)
    before, ok = service.stats(), 0
    for _ in range(40):
        with contextlib.suppress(httpx.TransportError):
            ok += service.post("/query", {**QUESTION, "max_tokens": 1}).status_code == 200
    after = service.stats()
    completed = after["completed"]["query"] - before["completed"]["query"]

    assert after["received"]["query"] - before["received"]["query"] == 40
    assert 0 < ok < 40
    assert completed == ok


def test_no_fault_leaves_a_traceback_in_the_log(running: ReferenceService) -> None:
    """Last in this file: it looks at what all faults above have logged."""
    assert "Traceback" not in running.log
