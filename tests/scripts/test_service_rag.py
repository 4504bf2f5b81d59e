"""The reference service's own API, over HTTP, in a process of its own."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.servers.reference_service import ReferenceService, reference_service, until

QUESTION = {"question": "How far is it from Rotterdam to Santos?"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    with reference_service(tmp_path_factory.mktemp("service"), max_generations=2, tokens=24) as running:
        yield running


def blocks(
    service: ReferenceService, body: Mapping[str, object], headers: Mapping[str, str]
) -> list[dict[str, str]]:
    """The fields of each event."""
    url = service.base_url + "/stream"
    with service.client.stream("POST", url, json=body, headers=dict(headers)) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        found = response.read().decode().split("\n\n")[:-1]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in found]


def events(service: ReferenceService, body: Mapping[str, object]) -> list[tuple[str, Any]]:
    return [(block["event"], json.loads(block["data"])) for block in blocks(service, body, {})]


def test_a_question_is_answered_from_passages_about_it(service: ReferenceService) -> None:
    response = service.post("/query", {**QUESTION, "top_k": 3})
    answer = response.json()

    assert response.status_code == 200
    assert set(answer) == {"answer", "sources", "cached", "tokens", "timings_ms"}
    assert "Rotterdam and Santos is 5,267 nautical miles" in answer["answer"]
    assert answer["sources"][0]["title"] == "Distance from Rotterdam to Santos"
    assert len(answer["sources"]) == 3
    scores = [source["score"] for source in answer["sources"]]
    assert scores == sorted(scores, reverse=True)
    assert answer["tokens"] == len(answer["answer"].split())


def test_the_stages_are_in_the_body_and_in_the_server_timing_header(service: ReferenceService) -> None:
    response = service.post("/query", {"question": "When do I plant garlic?"})
    timings = response.json()["timings_ms"]
    header = dict(re.findall(r"(\w+);dur=([\d.]+)", response.headers["server-timing"]))

    assert list(timings) == ["embed", "retrieve", "generate"]
    assert {name: float(duration) for name, duration in header.items()} == timings
    assert 0 < sum(timings.values()) <= response.elapsed.total_seconds() * 1e3


def test_a_repeated_question_is_answered_from_the_cache_with_the_same_words(
    service: ReferenceService,
) -> None:
    body = {"question": "What is a bandwidth-delay product?"}
    hits = service.metric("plimsoll_service_cache_hits_total")
    first, second = (service.post("/query", body).json() for _ in range(2))
    shorter = service.post("/query", {**body, "max_tokens": 5}).json()

    assert (first["cached"], second["cached"], shorter["cached"]) == (False, True, False)
    assert second["answer"] == first["answer"]
    assert second["sources"] == first["sources"]
    assert list(second["timings_ms"]) == ["embed"]
    assert shorter["tokens"] == 5
    assert service.metric("plimsoll_service_cache_hits_total") == hits + 1


def test_a_stream_that_broke_off_is_taken_up_after_the_last_token_that_came(
    service: ReferenceService,
) -> None:
    whole = blocks(service, QUESTION, {})
    tokens = [block for block in whole if block["event"] == "token"]

    assert [block["id"] for block in tokens] == [str(number) for number in range(1, len(tokens) + 1)]
    assert all("id" not in block for block in whole if block["event"] != "token")
    for had, names in (
        (3, ["token"] * (len(tokens) - 3) + ["stage", "done"]),
        (len(tokens), ["stage", "done"]),
    ):
        rest = blocks(service, QUESTION, {"Last-Event-ID": str(had)})
        assert [block["event"] for block in rest] == names
        assert [block for block in rest if block["event"] == "token"] == tokens[had:]
    for senseless in ("0", "x", "-1", "1.5", "9" * 5000):
        assert len(blocks(service, QUESTION, {"Last-Event-ID": senseless})) == len(whole)
    assert [block["event"] for block in blocks(service, QUESTION, {"Last-Event-ID": "999999"})] == ["done"]


def test_a_stream_tells_stages_citations_and_the_same_answer_token_by_token(
    service: ReferenceService,
) -> None:
    whole = service.post("/query", QUESTION).json()
    stream = events(service, QUESTION)
    names = [name for name, _ in stream]
    tokens = [str(data["text"]) for name, data in stream if name == "token"]

    assert names[:2] == ["stage", "stage"]
    assert names[2:6] == ["citation"] * 4
    assert names[-2:] == ["stage", "done"]
    assert set(names[6:-2]) == {"token"}
    assert "".join(tokens) == whole["answer"]
    assert [data["name"] for name, data in stream if name == "stage"] == ["embed", "retrieve", "generate"]
    assert [data for name, data in stream if name == "citation"] == whole["sources"]
    assert stream[-1][1]["tokens"] == len(tokens) == whole["tokens"]


def test_tokens_arrive_one_by_one_and_not_at_the_end(service: ReferenceService) -> None:
    arrivals = []
    with service.client.stream("POST", service.base_url + "/stream", json=QUESTION) as response:
        for _ in response.iter_raw():
            arrivals.append(time.monotonic())

    assert len(arrivals) >= 18
    assert arrivals[-1] - arrivals[0] > 0.5 * 0.01 * len(arrivals)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "body.question"),
        ({"question": ""}, 422, "body.question"),
        ({"question": "   "}, 422, "body.question"),
        ({"question": "x" * 4001}, 422, "body.question"),
        ({"question": "x", "top_k": 0}, 422, "body.top_k"),
        ({"question": "x", "max_tokens": "many"}, 422, "body.max_tokens"),
    ],
)
@pytest.mark.parametrize("path", ["/query", "/stream"])
def test_a_bad_body_is_refused_with_the_field_at_fault(
    service: ReferenceService, path: str, body: dict[str, object], status: int, says: str
) -> None:
    response = service.post(path, body)

    assert response.status_code == status
    assert response.json()["error"]["code"] == "validation"
    assert says in response.json()["error"]["message"]


def test_an_unknown_path_and_the_fault_route_without_permission_do_not_exist(
    service: ReferenceService,
) -> None:
    for path in ("/nothing", "/admin/faults"):
        response = service.client.get(service.base_url + path)
        assert response.status_code == 404
        assert response.json() == {"error": {"code": "http", "message": "Not Found"}}


def test_health_tells_of_every_part(service: ReferenceService) -> None:
    health = service.json("/health")

    assert health["status"] == "healthy"
    assert set(health["components"]) == {"embeddings", "index", "generator", "cache"}
    assert {part["status"] for part in health["components"].values()} == {"up"}
    assert health["components"]["index"]["passages"] >= 2000
    assert health["breakers"] == {"embed": "closed", "retrieve": "closed", "generate": "closed"}
    assert health["memory"]["rss_bytes"] > 10_000_000
    assert health["uptime_s"] > 0


def test_counts_are_exact_under_concurrent_requests(service: ReferenceService) -> None:
    """The client's own count is the truth; /stats and /metrics must both agree with it."""
    before = service.stats()
    counted = service.metric("plimsoll_service_requests_total", endpoint="query", status="200")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: service.post("/query", QUESTION).status_code, range(60)))
        streams = list(pool.map(lambda _: events(service, {**QUESTION, "max_tokens": 4})[-1][0], range(6)))
    after = service.stats()

    assert statuses == [200] * 60
    assert streams == ["done"] * 6
    for kind in ("received", "completed"):
        assert after[kind]["query"] - before[kind].get("query", 0) == 60
        assert after[kind]["stream"] - before[kind].get("stream", 0) == 6
    assert service.metric("plimsoll_service_requests_total", endpoint="query", status="200") == counted + 60
    assert service.metric("plimsoll_service_in_flight") == 0


def test_generations_beyond_the_limit_wait_in_a_queue(service: ReferenceService) -> None:
    """Two run at a time here: of six at once the last takes about three times as long as the first."""
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(events, service, QUESTION) for _ in range(6)]
        until(lambda: service.metric("plimsoll_service_generation_queue") >= 1)
        assert service.metric("plimsoll_service_generations") == 2
        waits = sorted(dict(answer.result())["done"]["timings_ms"]["generate"] for answer in answers)

    assert waits[-1] > 2 * waits[0]
    until(lambda: service.metric("plimsoll_service_generations") == 0)
    assert service.metric("plimsoll_service_generation_queue") == 0


def test_a_stream_that_the_client_closes_early_frees_its_slot(service: ReferenceService) -> None:
    before = service.stats()
    for _ in range(4):
        with service.client.stream("POST", service.base_url + "/stream", json=QUESTION) as response:
            next(response.iter_raw())

    until(lambda: service.metric("plimsoll_service_in_flight", endpoint="stream") == 0, 2.0)
    until(lambda: service.metric("plimsoll_service_generations") == 0, 2.0)
    after = service.stats()
    assert after["received"]["stream"] - before["received"]["stream"] == 4
    assert after["completed"]["stream"] == before["completed"]["stream"]
    assert service.metric("plimsoll_service_requests_total", endpoint="stream", status="499") >= 4


def test_the_promised_series_are_in_the_prometheus_text(service: ReferenceService) -> None:
    text = service.client.get(service.base_url + "/metrics").text
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))

    for name in (
        "requests_total", "request_duration_seconds", "stage_duration_seconds", "in_flight", "breaker_state",
        "cache_hits_total", "cache_misses_total", "cache_entries", "generation_queue", "generations",
    ):  # fmt: skip
        assert f"plimsoll_service_{name}" in names
    assert "process_resident_memory_bytes" in names
    assert 'stage="generate"' in text
