"""A wrong metric name never fails, it just returns nothing: shipped queries are asked of real servers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from analysis.question import load_questions
from analysis.target import load_target, target_names
from tests.servers.prometheus_server import prometheus_server
from tests.servers.reference_service import reference_service, until

WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Watched:
    prometheus_url: str
    service_url: str

    def values(self, query: str) -> list[float]:
        """One value for each series; fails for a query that is no PromQL."""
        answer = httpx.get(f"{self.prometheus_url}/api/v1/query", params={"query": query})
        answer.raise_for_status()
        return [float(series["value"][1]) for series in answer.json()["data"]["result"]]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The reference service, asked a few times, and a Prometheus that scrapes it and itself."""
    folder = tmp_path_factory.mktemp("prometheus")
    with (
        reference_service(folder, tokens=5) as service,
        prometheus_server(folder, {"reference": f"127.0.0.1:{service.port}"}) as server,
    ):
        yield Watched(server.url, service.base_url)


def test_every_query_of_the_reference_target_answers_with_one_number(watched: Watched) -> None:
    target = load_target("reference")
    assert target.questions is not None
    questions = iter(load_questions(Path(target.questions.file)))
    waiting = dict(target.sidecar.queries)

    def all_answered() -> bool:
        # One that the cache knows and one that it does not, so that every stage and ratio has a rate.
        for question in ("What is trim?", next(questions)):
            httpx.post(f"{watched.service_url}/query", json={"question": question}).raise_for_status()
        for name, query in list(waiting.items()):
            values = watched.values(query)
            assert len(values) <= 1, name
            if values and math.isfinite(values[0]):
                del waiting[name]
        return not waiting

    until(all_answered, WAIT_S)


@pytest.mark.parametrize("name", target_names())
def test_every_shipped_query_is_promql(watched: Watched, name: str) -> None:
    for query in load_target(name).sidecar.queries.values():
        watched.values(query)


def test_every_scraped_series_of_the_reference_target_is_exported(watched: Watched) -> None:
    assert not_exported("reference", watched.service_url) == set()


def test_every_scraped_series_of_xnai_is_exported(tmp_path: Path) -> None:
    """Except for a counter that exists only from its first event."""
    with reference_service(tmp_path, api="xnai") as service:
        assert not_exported("xnai", service.base_url) == {"xnai_errors_total"}


def not_exported(name: str, url: str) -> set[str]:
    """The series that a target has scraped and its service, asked once, does not tell."""
    target = load_target(name)
    query = target.endpoints["query"]
    body = {"query": "What is trim?", "question": "What is trim?"}
    httpx.post(f"{url}{query.path}", json=body).raise_for_status()
    lines = httpx.get(f"{url}{target.sidecar.metrics_url}").text.splitlines()
    exported = {line.partition("{")[0].partition(" ")[0] for line in lines if not line.startswith("#")}
    return set(target.sidecar.metrics) - exported
