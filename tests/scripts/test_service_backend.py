"""The service in front of an OpenAI-compatible server for embeddings and answers."""

from collections.abc import Iterator

import pytest

from scripts.service.backend import EMBEDDINGS_KEY_VARIABLE, LLM_KEY_VARIABLE
from tests.servers.openai_server import WORDS
from tests.servers.process import module_server
from tests.servers.reference_service import ReferenceService, reference_service, until

KEY = "planted-key-7d1f"


@pytest.fixture(scope="module")
def backend_url() -> Iterator[str]:
    with module_server("tests.servers.openai_server", KEY) as listening:
        yield f"http://127.0.0.1:{listening.port}/v1"


@pytest.fixture(scope="module")
def service(backend_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EMBEDDINGS_KEY_VARIABLE, KEY)
        patch.setenv(LLM_KEY_VARIABLE, KEY)
        options = {"embeddings_url": backend_url, "llm_url": backend_url, "cache": False}
        with reference_service(tmp_path_factory.mktemp("service"), **options) as running:
            yield running


def ask(question: str) -> dict[str, object]:
    return {"question": question}


def test_passages_are_found_by_the_remote_embeddings(service: ReferenceService) -> None:
    answer = service.post("/query", ask("Distance from Rotterdam to Santos")).json()

    assert answer["sources"][0]["title"] == "Distance from Rotterdam to Santos"
    assert service.json("/health")["components"]["embeddings"]["remote"] is True


def test_the_answer_is_the_remote_model_s_whole_and_streamed(service: ReferenceService) -> None:
    answer = service.post("/query", ask("What now?")).json()
    stream = service.post("/stream", ask("What now?")).text

    assert answer["answer"] == " ".join(WORDS)
    assert answer["tokens"] == len(WORDS)
    assert stream.count("event: token") == len(WORDS)
    assert "event: done" in stream


def test_a_remote_stream_without_its_end_mark_is_an_error_and_not_an_answer(
    service: ReferenceService,
) -> None:
    answer = service.post("/query", ask("please break"))
    stream = service.post("/stream", ask("please break")).text

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "dependency_failed"
    assert "event: error" in stream
    assert "event: done" not in stream


def test_a_remote_error_tells_its_status_and_no_key(service: ReferenceService) -> None:
    answer = service.post("/query", ask("please refuse"))

    assert answer.status_code == 502
    assert "HTTP 500" in answer.json()["error"]["message"]
    until(lambda: service.metric("plimsoll_service_generations") == 0)
    assert KEY not in service.log + answer.text
