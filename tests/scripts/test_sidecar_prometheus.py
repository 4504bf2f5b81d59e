"""Named queries to a real Prometheus server that scrapes itself."""

import socket
from pathlib import Path

import pytest

from scripts.sidecar.prometheus import Prometheus, one_number
from tests.servers.debian_server import free_port
from tests.servers.prometheus_server import PrometheusServer, prometheus_server
from tests.servers.script import response
from tests.servers.truth import truth_server

GOOD = {"up": 'up{job="prometheus"}', "targets": "count(up == 1)", "five": "2 + 3", "two": "vector(1) + 1"}


def test_vectors_of_one_series_are_numbers(prometheus: PrometheusServer) -> None:
    queries = {name: query for name, query in GOOD.items() if name != "five"}
    source = Prometheus(prometheus.url, queries)
    reading = source.read(5.0)
    source.close()

    assert reading.parts == {"prometheus": {"up": 1.0, "targets": 1.0, "two": 2.0}}
    assert reading.missing == {}


def test_a_scalar_is_a_number_too(prometheus: PrometheusServer) -> None:
    """It cannot be asked together with vectors, and is found all the same."""
    source = Prometheus(prometheus.url, GOOD)
    first, second = source.read(5.0), source.read(5.0)
    source.close()

    assert first.parts == {"prometheus": {"up": 1.0, "targets": 1.0, "five": 5.0, "two": 2.0}}
    assert second.parts == first.parts
    assert first.missing == {}


@pytest.mark.parametrize("alone", [True, False])
def test_each_bad_query_says_why_and_leaves_the_others_alone(
    prometheus: PrometheusServer, alone: bool
) -> None:
    bad = {
        "none": "no_such_metric_at_all",
        "many": "prometheus_http_requests_total or up",
        "nan": "vector(0) / 0",
        **({"broken": "sum(up"} if alone else {}),
    }
    source = Prometheus(prometheus.url, {"up": "sum(up)", **bad, "last": "sum(up)"})
    reading = source.read(5.0)
    source.close()

    values = reading.parts["prometheus"]
    assert (values["up"], values["last"]) == (1.0, 1.0)
    assert [values[name] for name in bad] == [None] * len(bad)
    assert reading.missing["prometheus.none"] == "no series"
    assert reading.missing["prometheus.many"].endswith("series, one wanted")
    assert reading.missing["prometheus.nan"] == "not a finite number"
    assert reading.missing.get("prometheus.broken") == ("query refused with HTTP 400" if alone else None)


def test_a_server_that_is_away_is_named_once_and_comes_back(tmp_path: Path) -> None:
    with prometheus_server(tmp_path) as server:
        source = Prometheus(server.url, {"two": "vector(2)"})
        here = source.read(5.0)
        server.stop()
        away = source.read(5.0)
        server.start()
        back = source.read(5.0)
        source.close()

    assert here.parts == {"prometheus": {"two": 2.0}}
    assert away.parts == {"prometheus": {"two": None}}
    assert away.missing == {"prometheus": "connection refused"}
    assert back.parts == here.parts


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = Prometheus(f"http://127.0.0.1:{listener.getsockname()[1]}", {"a": "up", "b": "up"})
        reading = source.read(0.1)

    assert reading.missing == {"prometheus": "no answer in time"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response(b"<html>hello</html>"), "not a Prometheus answer"),
        (response(b'{"status":"success"}'), "not a Prometheus answer"),
        (response(b'{"data":{"result":"up"}}'), "not a Prometheus answer"),
        (response(b"key=s3cret", status=401), "HTTP 401"),
        (response(b"", status=503), "HTTP 503"),
    ],
)
def test_what_is_no_prometheus_server_is_told_in_few_words(answer: bytes, reason: str) -> None:
    with truth_server() as server:
        server.script("/api/v1/query?query=up&timeout=5.000", answer)
        source = Prometheus(server.url, {"up": "up"})
        result = source.read(5.0)
        source.close()

    assert result.missing == {"prometheus": reason}


def test_a_url_that_nobody_serves_is_refused() -> None:
    reading = Prometheus(f"http://127.0.0.1:{free_port()}/", {"up": "up"}).read(1.0)

    assert reading.parts == {"prometheus": {"up": None}}
    assert reading.missing == {"prometheus": "connection refused"}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ([{"metric": {}, "value": [1.0, "2.5"]}], (2.5, None)),
        ([1.0, "3"], (3.0, None)),
        ([], (None, "no series")),
        ([{"metric": {}, "values": []}], (None, "no series")),
        ([{"metric": {}, "value": [1.0, "+Inf"]}], (None, "not a finite number")),
        ([{"metric": {}, "value": [1.0, "text"]}], (None, "not a number")),
        ([{"metric": {}, "value": [1.0]}], (None, "not a number")),
    ],
)
def test_results_become_one_number_or_a_reason(
    result: list[object], expected: tuple[float | None, str | None]
) -> None:
    assert one_number(result) == expected
