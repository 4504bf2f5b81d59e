"""The reference service's WebSocket, in a process of its own, asked with a client that is not ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect

from tests.servers.reference_service import ReferenceService, reference_service, until

QUESTION = {"question": "How far is it from Rotterdam to Santos?"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    directory = tmp_path_factory.mktemp("service")
    with reference_service(directory, tokens=24, allow_faults=True) as running:
        yield running


@pytest.fixture(autouse=True)
def healthy(service: ReferenceService) -> Iterator[None]:
    yield
    service.clear_faults()


def opened(service: ReferenceService, path: str = "/ws/chat") -> ClientConnection:
    return connect(f"ws://127.0.0.1:{service.port}{path}", proxy=None, close_timeout=1)


def asked(connection: ClientConnection, question: object = QUESTION) -> list[dict[str, Any]]:
    connection.send(json.dumps(question))
    return heard(connection)


def heard(connection: ClientConnection) -> list[dict[str, Any]]:
    """The messages of one answer."""
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["type"] not in ("done", "error"):
        messages.append(json.loads(connection.recv(timeout=20)))
    return messages


def counted(service: ReferenceService) -> tuple[int, int]:
    stats = service.stats()
    return stats["received"].get("chat", 0), stats["completed"].get("chat", 0)


def test_an_answer_says_what_the_stream_says(service: ReferenceService) -> None:
    with opened(service) as connection:
        messages = asked(connection)
    kinds = [message["type"] for message in messages]
    streamed = service.post("/stream", QUESTION).text
    names = [line.removeprefix("event: ") for line in streamed.splitlines() if line.startswith("event: ")]

    assert kinds == names
    assert {"stage", "citation", "token", "done"} == set(kinds)
    assert messages[-1]["tokens"] == kinds.count("token")
    assert set(messages[-1]["timings_ms"]) == {"embed", "retrieve", "generate"}
    text = "".join(message["text"] for message in messages if message["type"] == "token")
    assert "Rotterdam and Santos is 5,267 nautical miles" in text


def test_questions_on_one_connection_are_answered_one_after_the_other(service: ReferenceService) -> None:
    """Asked all at once."""
    received, completed = counted(service)
    with opened(service) as connection:
        for _ in range(3):
            connection.send(json.dumps(QUESTION))
        answers = [heard(connection) for _ in range(3)]

    texts = [[message.get("text") for message in answer] for answer in answers]
    assert texts[0] == texts[1] == texts[2]
    assert counted(service) == (received + 3, completed + 3)


def test_answers_are_counted_with_the_status_that_they_would_have_had(service: ReferenceService) -> None:
    series = "plimsoll_service_requests_total"
    before = {
        status: service.metric(series, endpoint="chat", status=status) for status in ("200", "422", "500")
    }
    with opened(service) as connection:
        asked(connection)
        asked(connection, {"question": " "})
        service.faults(error_rate=1.0)
        asked(connection)

    for status, count in before.items():
        assert service.metric(series, endpoint="chat", status=status) == count + 1


@pytest.mark.parametrize(
    ("question", "place"), [({"question": ""}, "question"), ({"q": "?"}, "question"), ([], "message")]
)
def test_what_is_no_question_is_told_and_the_connection_stays(
    service: ReferenceService, question: object, place: str
) -> None:
    with opened(service) as connection:
        [error] = asked(connection, question)
        connection.send(b"\x00")
        [binary] = heard(connection)

        assert asked(connection)[-1]["type"] == "done"
    assert (error["code"], error["message"].partition(":")[0]) == ("validation", place)
    assert binary["code"] == "validation"


def test_the_generation_stops_when_its_client_leaves(service: ReferenceService) -> None:
    service.faults(slow_stream_ms=200)
    received, completed = counted(service)
    with opened(service) as connection:
        connection.send(json.dumps(QUESTION))
        while json.loads(connection.recv(timeout=10))["type"] != "token":
            pass
        assert service.metric("plimsoll_service_in_flight", endpoint="chat") == 1
        assert service.metric("plimsoll_service_websockets") == 1
        assert service.metric("plimsoll_service_generations") == 1

    until(lambda: service.metric("plimsoll_service_generations") == 0, 2)
    until(lambda: service.metric("plimsoll_service_websockets") == 0, 2)
    assert service.metric("plimsoll_service_in_flight", endpoint="chat") == 0
    assert counted(service) == (received + 1, completed)


def test_a_client_may_leave_while_its_question_hangs(service: ReferenceService) -> None:
    service.faults(hang_rate=1.0)
    with opened(service) as connection:
        connection.send(json.dumps(QUESTION))
        until(lambda: service.metric("plimsoll_service_in_flight", endpoint="chat") == 1, 5)

    until(lambda: service.metric("plimsoll_service_in_flight", endpoint="chat") == 0, 2)


def test_injected_errors_and_lost_dependencies_come_as_error_messages(service: ReferenceService) -> None:
    with opened(service) as connection:
        service.faults(error_rate=1.0)
        assert asked(connection)[-1]["code"] == "injected_error"
        service.faults(dependency_down=["generate"])
        messages = asked(connection)
        assert (messages[0]["type"], messages[-1]["code"]) == ("stage", "dependency_failed")
        service.faults(endpoints=["stream"], error_rate=1.0)
        assert asked(connection)[-1]["type"] == "done"


@pytest.mark.parametrize("fault", ["cut_stream_rate", "reset_rate"])
def test_a_connection_can_break_in_the_middle_of_an_answer(service: ReferenceService, fault: str) -> None:
    received, completed = counted(service)
    service.faults(**{fault: 1.0})
    with opened(service) as connection, pytest.raises(ConnectionClosed) as closed:
        asked(connection)

    assert closed.value.rcvd is None
    until(lambda: counted(service) == (received + 1, completed), 2)


def test_a_message_too_large_ends_the_connection(service: ReferenceService) -> None:
    with opened(service) as connection:
        connection.send("x" * 70_000)

        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=10)

    assert isinstance(closed.value.rcvd, Close)
    assert closed.value.rcvd.code == 1009


def test_another_path_has_no_websocket(service: ReferenceService) -> None:
    with pytest.raises(InvalidStatus) as refused:
        opened(service, "/ws/other")

    assert refused.value.response.status_code == 403


def test_the_service_ends_while_a_client_listens(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with reference_service(tmp_path_factory.mktemp("ending"), tokens=500) as running:
        with opened(running) as connection:
            connection.send(json.dumps(QUESTION))
            connection.recv(timeout=10)
            running.process.terminate()

            with pytest.raises(ConnectionClosed):
                heard(connection)
        assert running.process.wait(10) == 0
        assert "Traceback" not in running.log
