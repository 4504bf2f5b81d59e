"""Requests as bytes, and what is refused before anything is sent."""

import pytest

from analysis.errors import UsageError
from locustfiles.load.request import parse_origin
from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.servers.script import response
from tests.servers.truth import Truth


def test_a_request_says_what_was_prepared(truth: Truth) -> None:
    truth.script("/base/query?q=caf%C3%A9%20x", response())
    client = WireClient(f"{truth.url}/base/", {"X-Key": "default", "user-agent": "mine"})

    request = client.prepare("POST", "/query?q=café x", {"x-key": "given"}, '{"q": "é"}'.encode())
    exchange = client.exchange(request, sched_ns=now_ns())

    record = truth.records()[-1]
    assert exchange.failure is None
    assert record["head"].split("\r\n") == [
        "POST /base/query?q=caf%C3%A9%20x HTTP/1.1",
        f"Host: 127.0.0.1:{truth.port}",
        "user-agent: mine",
        "Accept: */*",
        "Accept-Encoding: identity",
        "x-key: given",
        "Content-Length: 11",
    ]
    assert record["body"].encode("latin-1") == '{"q": "é"}'.encode()
    client.close()


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        ("GET /x HTTP/1.1\r\nX:", "A", "b"),
        ("GET", "A:", "b"),
        ("GET", "A", "b\r\nC: d"),
        ("GET", "A", "€"),
        ("GET", "Content-Length", "5"),
        ("GET", "transfer-encoding", "chunked"),
        ("GET", "Connection", "close"),
        ("GET", "Expect", "100-continue"),
        ("GET", "Upgrade", "websocket"),
    ],
)
def test_a_request_that_would_break_the_protocol_is_refused(method: str, name: str, value: str) -> None:
    client = WireClient("http://127.0.0.1:1")

    with pytest.raises(UsageError):
        client.prepare(method, "/", {name: value})


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "localhost:8000",
        "ftp://x",
        "http://",
        "http://u:secret@x",
        "http://x:99999",
        "http://x?y",
        "http://[x",
        "http://secret..b",
        f"http://secret-{'x' * 70}",
        "http://secret:port",
        "http://x:0",
    ],
)
def test_a_base_url_that_is_none_is_refused_without_quoting_it(base_url: str) -> None:
    with pytest.raises(UsageError) as caught:
        WireClient(base_url)

    assert "secret" not in str(caught.value)


def test_a_name_beyond_ascii_is_asked_for_as_name_servers_know_it() -> None:
    origin = parse_origin("http://bücher.example:8000/v1/")

    assert origin.authority == "xn--bcher-kva.example:8000"
    assert origin.path == "/v1"
