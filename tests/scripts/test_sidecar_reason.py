"""Reasons are short and never repeat an address, whichever library raised."""

import socket

import httpx
import pytest
import requests
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from scripts.sidecar.reason import short_reason
from tests.servers.debian_server import free_port
from tests.servers.truth import truth_server

SECRET = "pw-5ecret"


def test_a_refused_connection_reads_alike_in_every_library() -> None:
    port = free_port()
    with pytest.raises(httpx.HTTPError) as by_httpx:
        httpx.get(f"http://user:{SECRET}@127.0.0.1:{port}/", trust_env=False)
    with pytest.raises(requests.RequestException) as by_requests:
        requests.get(f"http://user:{SECRET}@127.0.0.1:{port}/", timeout=1)
    client = Redis.from_url(f"redis://:{SECRET}@127.0.0.1:{port}/0", retry=Retry(NoBackoff(), 0))
    with pytest.raises(RedisError) as by_redis:
        client.ping()
    client.close()

    for caught in (by_httpx, by_requests, by_redis):
        assert short_reason(caught.value) == "connection refused"


def test_silence_reads_alike_in_every_library() -> None:
    """The kernel accepts for a listener that never does; nothing ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(httpx.HTTPError) as by_httpx:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=0.1, trust_env=False)
        with pytest.raises(requests.RequestException) as by_requests:
            requests.get(f"http://127.0.0.1:{port}/", timeout=0.1)
        client = Redis(port=port, socket_timeout=0.1, retry=Retry(NoBackoff(), 0), protocol=2)
        with pytest.raises(RedisError) as by_redis:
            client.ping()
        client.close()

    for caught in (by_httpx, by_requests, by_redis):
        assert short_reason(caught.value) == "no answer in time"


def test_an_unknown_authority_is_told_as_such() -> None:
    with truth_server(secure=True) as server:
        with pytest.raises(httpx.HTTPError) as by_httpx:
            httpx.get(server.url, trust_env=False)
        with pytest.raises(requests.RequestException) as by_requests:
            requests.get(server.url, timeout=5)

    for caught in (by_httpx, by_requests):
        assert short_reason(caught.value).startswith("certificate refused: self")


def test_an_unknown_name_is_told_as_such() -> None:
    with pytest.raises(httpx.HTTPError) as caught:
        httpx.get("http://no-such-host.invalid/", trust_env=False)

    assert short_reason(caught.value) == "name not found"


def test_an_error_of_no_known_kind_is_told_by_its_class() -> None:
    assert short_reason(ValueError(f"http://user:{SECRET}@host/")) == "ValueError"
