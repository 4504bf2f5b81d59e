"""What is watched, and what an overriding pid or base URL changes."""

import pytest

from analysis.errors import ConfigurationError
from analysis.target import ProcessWatch, SidecarWatch, Target
from scripts.sidecar.watched import is_this_host, url_port, watched

EVERYTHING = SidecarWatch(
    process=ProcessWatch(),
    prometheus_url="${PROMETHEUS:-}",
    queries={"up": "up"},
    metrics_url="/metrics",
    metrics=("requests_total",),
    redis_url="${REDIS:-}",
    breaker_pattern="breaker:*",
)


def target(watch: SidecarWatch, base_url: str = "http://127.0.0.1:8800") -> Target:
    return Target("patient", base_url, {}, sidecar=watch, file="patient.toml")


def test_the_process_is_found_by_the_port_of_the_base_url() -> None:
    assert watched(target(EVERYTHING), {}).port == 8800
    assert watched(target(EVERYTHING), {}, base_url="http://localhost:9000").port == 9000


def test_a_port_in_the_file_stays_whatever_the_base_url_is() -> None:
    watch = SidecarWatch(process=ProcessWatch(port=7000))

    assert watched(target(watch), {}, base_url="http://localhost:9000").port == 7000


def test_a_process_on_another_host_is_not_looked_for_here() -> None:
    """Another service on the same port of this host would be taken for it."""
    far = target(EVERYTHING, "http://192.0.2.1:8800")

    assert watched(far, {}).port is None
    assert watched(far, {}).unwatched["process"] == "the base URL names another host"
    assert watched(far, {}, pid=17).pid == 17
    assert "process" not in watched(far, {}, pid=17).unwatched


def test_a_given_pid_is_watched_even_where_the_file_names_no_process() -> None:
    assert watched(target(SidecarWatch()), {}, pid=17).pid == 17
    assert watched(target(SidecarWatch()), {}).pid is None


def test_the_metrics_page_is_read_only_without_prometheus() -> None:
    alone = watched(target(EVERYTHING), {}, base_url="http://127.0.0.1:9000/")
    beside = watched(target(EVERYTHING), {"PROMETHEUS": "http://prometheus:9090"})

    assert alone.metrics_url == "http://127.0.0.1:9000/metrics"
    assert alone.unwatched == dict.fromkeys(("prometheus", "redis", "breakers"), "no URL given")
    assert beside.metrics_url is None
    assert beside.prometheus_url == "http://prometheus:9090"


def test_a_url_of_another_kind_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        watched(target(EVERYTHING), {"REDIS": "http://:s3cret@host"})

    assert "patient.toml: sidecar.redis_url" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://192.0.2.1", False),
        ("http://no-such-host.invalid", False),
    ],
)
def test_only_addresses_of_this_machine_are_this_host(url: str, here: bool) -> None:
    assert is_this_host(url) is here


def test_ports_follow_the_scheme() -> None:
    assert (url_port("http://a"), url_port("https://a"), url_port("http://a:81")) == (80, 443, 81)
