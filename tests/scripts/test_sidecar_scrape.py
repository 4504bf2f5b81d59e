"""A service's metrics page, read directly."""

import socket
from collections.abc import Iterator

import pytest

from analysis.errors import UsageError
from analysis.target import Tls
from scripts.sidecar.scrape import Scrape
from tests.servers.debian_server import free_port
from tests.servers.script import delay, response, send
from tests.servers.truth import CERTIFICATE, CLIENT_CERTIFICATE, LOOPBACK_CERTIFICATE, Truth, truth_server

PAGE = """\
# HELP requests_total Requests by endpoint.
# TYPE requests_total counter
requests_total{endpoint="query",status="200"} 41
requests_total{endpoint="query",status="503"} 2
requests_total{endpoint="stream",status="200"} 7
requests_total_other 9
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1.43421440e+08
queue_depth NaN
label_with_brace{path="/a{b}",other="x,y"} 3
"""


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with truth_server() as server:
        yield server


def test_only_the_wanted_series_are_kept_with_their_labels() -> None:
    reading = Scrape("http://host/", ["requests_total", "process_resident_memory_bytes"]).parse(PAGE)

    assert reading.parts["scrape"] == {
        'requests_total{endpoint="query",status="200"}': 41.0,
        'requests_total{endpoint="query",status="503"}': 2.0,
        'requests_total{endpoint="stream",status="200"}': 7.0,
        "process_resident_memory_bytes": 143_421_440.0,
    }
    assert reading.missing == {}


def test_labels_narrow_the_choice() -> None:
    reading = Scrape("http://host/", ['requests_total{status="503"}']).parse(PAGE)

    assert reading.parts["scrape"] == {'requests_total{endpoint="query",status="503"}': 2.0}


def test_a_series_that_is_not_there_or_not_a_number_is_missing() -> None:
    reading = Scrape("http://host/", ["queue_depth", "requests"]).parse(PAGE)

    assert reading.parts["scrape"] == {}
    assert reading.missing == {"scrape.queue_depth": "no series", "scrape.requests": "no series"}


def test_series_without_end_are_bounded() -> None:
    page = "".join(f'requests_total{{path="/{number}"}} 1\n' for number in range(1000))
    reading = Scrape("http://host/", ["requests_total"]).parse(page)

    assert len(reading.parts["scrape"]) == 64
    assert reading.missing == {"scrape": "more than 64 series; the rest is left out"}


def test_a_page_that_is_no_metrics_page_is_missing() -> None:
    reading = Scrape("http://host/", ["requests_total"]).parse("requests_total {{{ what\n")

    assert reading.missing == {"scrape": "not Prometheus text"}


def test_a_real_page_is_read_over_one_connection(truth: Truth) -> None:
    truth.script("/metrics", response(PAGE.encode()))
    scrape = Scrape(f"{truth.url}/metrics", ["process_resident_memory_bytes"])
    values = [scrape.read(5.0).parts["scrape"] for _ in range(3)]
    scrape.close()

    assert values == [{"process_resident_memory_bytes": 143_421_440.0}] * 3
    assert len({record["connection"] for record in truth.records()}) == 1


def test_a_refused_page_says_its_status(truth: Truth) -> None:
    truth.script("/forbidden", response(status=403))

    assert Scrape(f"{truth.url}/forbidden", ["a"]).read(5.0).missing == {"scrape": "HTTP 403"}


def test_a_page_that_trickles_in_is_given_up_at_the_deadline(truth: Truth) -> None:
    """Each piece comes within the time limit of a read; the whole does not."""
    truth.script("/slow", [send(b"HTTP/1.1 200 OK\r\n\r\n"), *[send(b"a 1\n"), delay(0.05)] * 40])

    assert Scrape(f"{truth.url}/slow", ["a"]).read(0.3).missing == {"scrape": "no answer in time"}


def test_a_service_that_is_away_or_silent_is_missing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Scrape(f"http://127.0.0.1:{listener.getsockname()[1]}/metrics", ["a"]).read(0.1)
    away = Scrape(f"http://127.0.0.1:{free_port()}/metrics", ["a"]).read(1.0)

    assert silent.missing == {"scrape": "no answer in time"}
    assert away.missing == {"scrape": "connection refused"}
    assert away.parts == {"scrape": {}}


def test_a_page_over_tls_is_read_with_the_targets_own_trust() -> None:
    """Its authority and its client certificate, as the load has them."""
    with truth_server(secure=True, client_ca=CLIENT_CERTIFICATE) as server:
        server.script("/metrics", response(b"a 1\n"))
        url = f"{server.url}/metrics"
        trusting = Tls(ca_file=str(CERTIFICATE), cert_file=str(CLIENT_CERTIFICATE))
        others = (None, Tls(ca_file=str(LOOPBACK_CERTIFICATE)), Tls(ca_file=str(CERTIFICATE)))
        scrapes = [Scrape(url, ["a"], tls) for tls in (trusting, *others)]
        readings = [scrape.read(5.0) for scrape in scrapes]
        for scrape in scrapes:
            scrape.close()

    assert readings[0].parts["scrape"] == {"a": 1.0}
    assert [reading.missing["scrape"].partition(":")[0] for reading in readings[1:]] == [
        "certificate refused",
        "certificate refused",
        "TLS failed",
    ]


def test_a_file_that_tls_cannot_use_is_an_error_at_the_start() -> None:
    with pytest.raises(UsageError, match=r"tls\.ca_file"):
        Scrape("https://host/metrics", ["a"], Tls(ca_file=__file__))
