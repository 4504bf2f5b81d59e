"""Hosts and ports that no connection could be made to are refused wherever a URL is given."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.errors import UsageError
from analysis.request_text import split_url
from analysis.target import Endpoint, ProcessWatch, SidecarWatch, Target
from scripts.doctor import doctor_command
from scripts.run import order_for, run_command
from scripts.service.command import serve_command
from scripts.sidecar.command import sidecar_command
from scripts.sidecar.watched import watched

LONG = "x" * 70
BAD = {
    "an empty label": ("http://secret-a..b:80", "host name"),
    "a label of 70 letters": (f"http://secret-{LONG}:80", "host name"),
    "a control character": ("http://secret\x7f:80", "host name"),
    "a port too large": ("http://secret:99999999", "port"),
    "a port of letters": ("http://secret:http", "port"),
    "port 0": ("http://secret:0", "port"),
    "half an address": ("http://[secret", "host"),
}
GIVEN: Mapping[str, Callable[[str], object]] = {
    "doctor": lambda url: doctor_command("reference", url, False),
    "sidecar": lambda url: sidecar_command("reference", "-", None, None, url, 1),
    "run": lambda url: run_command(order_for("reference", "smoke", base_url=url, run_root=Path("unused")), 1),
    "serve --llm-url": lambda url: serve_command(port=0, llm_url=url),
    "serve --embeddings-url": lambda url: serve_command(port=0, embeddings_url=url),
    "serve --redis-url": lambda url: serve_command(port=0, redis_url=url.replace("http", "redis", 1)),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("given", GIVEN)
def test_a_url_on_the_command_line_is_refused_in_one_line(given: str, bad: str) -> None:
    url, said = BAD[bad]
    with pytest.raises(UsageError) as caught:
        GIVEN[given](url)

    assert f"found a {said}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("bad", sorted(BAD.keys() - {"a control character"}))  # no variable may hold one
@pytest.mark.parametrize("key", ["base_url", "sidecar.prometheus_url", "sidecar.metrics_url"])
def test_a_url_from_the_environment_is_refused_by_key(key: str, bad: str) -> None:
    url, said = BAD[bad]
    template = {name: "${PLACE}" if name == key else "http://127.0.0.1:9" for name in (key, "base_url")}
    watch = SidecarWatch(
        process=ProcessWatch(),
        prometheus_url=template.get("sidecar.prometheus_url"),
        queries={"up": "up"},
        metrics_url=template.get("sidecar.metrics_url"),
        metrics=("up",),
    )
    endpoints = {"health": Endpoint("health", "GET", "/health")}
    target = Target("own", template["base_url"], endpoints, sidecar=watch, file="own.toml")
    with pytest.raises(UsageError, match=f"own.toml: {key}: found a {said}"):
        watched(target, {"PLACE": url})


@pytest.mark.parametrize("host", ["a..b", LONG, "no.such.host.invalid"])
def test_a_host_to_serve_on_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match=r"^--host: found"):
        serve_command(host=host, port=0)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://localhost.", "localhost.", None),
        ("http://[::1]:8000/v1", "::1", 8000),
        ("https://bücher.example", "bücher.example", None),
        ("unix:///run/redis.sock", None, None),
    ],
)
def test_other_urls_are_left_alone(url: str, host: str | None, port: int | None) -> None:
    parts = split_url(url)

    assert (parts.hostname, parts.port) == (host, port)
