"""Starting and stopping the reference service."""

import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import UsageError
from scripts.service.command import serve_command
from tests.servers.reference_service import ReferenceService, reference_service


def ended(tmp_path: Path, **options: Any) -> tuple[int, str]:
    """Exit code and output of a start that is expected to fail."""
    service = ReferenceService(tmp_path / "service.log", **options)
    service.launch()
    try:
        return service.process.wait(30), service.log
    finally:
        service.stop()
        service.client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quickly_with_a_stream_in_flight(tmp_path: Path, number: signal.Signals) -> None:
    with reference_service(tmp_path, tokens=10_000) as service:
        body = {"question": "What is freeboard?"}
        with service.client.stream("POST", service.base_url + "/stream", json=body) as response:
            next(response.iter_raw())
            service.process.send_signal(number)

            assert service.process.wait(5) == 0
        assert service.log == f"listening on {service.base_url}\n"


def test_a_port_in_use_is_told_in_one_line_with_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, log = ended(tmp_path, port=port)

    assert code == 2
    assert log.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is already in use" in log
    assert "--port" in log


def test_an_embeddings_server_that_is_away_is_a_usage_error(tmp_path: Path) -> None:
    code, log = ended(tmp_path, embeddings_url="http://127.0.0.1:1/v1")

    assert code == 2
    assert log == "plimsoll: embed failed: ConnectError; check --embeddings-url\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"api": "soap"}, "--api: found 'soap', wanted one of rag, xnai"),
        ({"port": 70000}, "--port: found 70000, wanted a number from 0 to 65535"),
        ({"tokens": 0}, "--tokens: found 0"),
        ({"max_generations": 0}, "--max-generations"),
        ({"slow_factor": -1}, "--slow-factor"),
        ({"ttft_ms": float("nan")}, "--ttft-ms"),
        ({"llm_url": "localhost:11434"}, "--llm-url: wanted a URL such as http://"),
        ({"redis_url": "http://127.0.0.1"}, "--redis-url: wanted a URL such as redis://"),
        ({"host": "no.such.host.invalid"}, "--host: found 'no.such.host.invalid'"),
    ],
)
def test_a_bad_option_is_refused_by_name(options: Mapping[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        serve_command(**{"port": 0, **options})

    assert says in str(caught.value)


def test_a_refused_url_is_not_repeated_with_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        serve_command(port=0, redis_url="http://:planted-password@127.0.0.1")

    assert "planted-password" not in str(caught.value)
