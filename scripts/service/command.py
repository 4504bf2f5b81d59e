"""`plimsoll serve`: checks what was asked for, binds the port, and serves until told to stop."""

import asyncio
import errno
import logging
import math
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from analysis.errors import UsageError
from analysis.exit_code import ExitCode
from analysis.request_text import split_url
from scripts.child_end import terminate_with_parent
from scripts.service.assembly import assembled
from scripts.service.connection import BreakableProtocol, BreakableWebSocket
from scripts.service.rag import rag_app
from scripts.service.service_error import DependencyError
from scripts.service.settings import Api, BreakerSettings, LatencySettings, ServiceSettings
from scripts.service.xnai import xnai_app

_SHUTDOWN_S = 1
_MESSAGE_BYTES = 65_536  # a question is at most 4000 characters


def serve_command(
    host: str = "127.0.0.1",
    port: int = 8800,
    api: str = "rag",
    redis_url: str | None = None,
    embeddings_url: str | None = None,
    llm_url: str | None = None,
    allow_faults: bool = False,
    seed: int = 1,
    *,
    embeddings_model: str = "embeddings",
    llm_model: str = "chat",
    cache: bool = True,
    embed_ms: float = 4.0,
    retrieve_ms: float = 6.0,
    ttft_ms: float = 25.0,
    token_ms: float = 10.0,
    tokens: int = 30,
    max_generations: int = 32,
    slow_factor: float = 1.0,
    extra_latency_ms: float = 0.0,
    breaker_failures: int = 5,
    breaker_recovery_s: float = 10.0,
    end_with_parent: bool = False,
) -> int:
    """Times are medians; port 0 picks a free one. Returns 0 after SIGINT or SIGTERM."""
    if end_with_parent:
        terminate_with_parent()
    if api not in set(Api):
        raise UsageError(f"--api: found {api!r}, wanted one of {', '.join(Api)}")
    _check_url("--embeddings-url", embeddings_url, ("http", "https"))
    _check_url("--llm-url", llm_url, ("http", "https"))
    _check_url("--redis-url", redis_url, ("redis", "rediss"))
    _check_range("--port", port, 0, 65535)
    _check_range("--tokens", tokens, 1, 100_000)
    _check_range("--max-generations", max_generations, 1, 100_000)
    _check_range("--breaker-failures", breaker_failures, 1, 1_000_000)
    _check_range("--breaker-recovery-s", breaker_recovery_s, 0, 86_400)
    _check_range("--slow-factor", slow_factor, 0, 1_000)
    times_ms = {
        "--embed-ms": embed_ms,
        "--retrieve-ms": retrieve_ms,
        "--ttft-ms": ttft_ms,
        "--token-ms": token_ms,
        "--extra-latency-ms": extra_latency_ms,
    }
    for option, value in times_ms.items():
        _check_range(option, value, 0, 600_000)
    settings = ServiceSettings(
        api=Api(api),
        redis_url=redis_url,
        embeddings_url=embeddings_url,
        embeddings_model=embeddings_model,
        llm_url=llm_url,
        llm_model=llm_model,
        allow_faults=allow_faults,
        seed=seed,
        cache=cache,
        tokens=tokens,
        max_generations=max_generations,
        latency=LatencySettings(
            embed_ms=embed_ms,
            retrieve_ms=retrieve_ms,
            ttft_ms=ttft_ms,
            token_ms=token_ms,
            slow_factor=slow_factor,
            extra_latency_ms=extra_latency_ms,
        ),
        breaker=BreakerSettings(failures=breaker_failures, recovery_s=breaker_recovery_s),
    )
    with _bound(host, port) as listener:
        config_loop = uvicorn.Config("unused", loop="auto").get_loop_factory()
        # an interrupt before the service handles signals itself is as normal an end as one after
        with asyncio.Runner(loop_factory=config_loop) as runner, suppress(KeyboardInterrupt):
            runner.run(_serve(settings, listener))
    return ExitCode.PASS


class _Server(uvicorn.Server):
    """Says where it listens once it does. `_serve` handles the signals, so that they end in a normal exit."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"listening on {self._url}", file=sys.stderr, flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(settings: ServiceSettings, listener: socket.socket) -> None:
    # the server's own log repeats, with a traceback, what faults do to connections on purpose;
    # errors of this service are logged by the door
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    try:
        async with assembled(settings) as service:
            app = rag_app(service) if settings.api is Api.RAG else xnai_app(service)
            config = uvicorn.Config(
                app,
                http=BreakableProtocol,
                ws=BreakableWebSocket,
                ws_max_size=_MESSAGE_BYTES,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_SHUTDOWN_S,
                backlog=4096,
            )
            server = _Server(config, _url(listener))
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
            await server.serve([listener])
    except DependencyError as error:
        raise UsageError(f"{error.message}; check --embeddings-url") from error


def _bound(host: str, port: int) -> socket.socket:
    """Bound but not yet listening: nobody can connect before the service is ready."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"--host: found {host!r}, wanted a name or address of this machine ({error})"
        ) from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} on {host} is already in use; stop what listens there, "
                "or choose another --port (0 picks a free one)"
            ) from error
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _check_url(option: str, url: str | None, schemes: tuple[str, ...]) -> None:
    """The message never repeats the URL: it may carry a password."""
    if url is None:
        return
    found = "something else"
    try:
        parts = split_url(url)
        if parts.scheme in schemes and parts.hostname:
            return
    except ValueError as error:
        found = str(error)
    raise UsageError(f"{option}: wanted a URL such as {schemes[0]}://127.0.0.1:PORT, found {found}")


def _check_range(option: str, value: float, low: float, high: float) -> None:
    if not math.isfinite(value) or not low <= value <= high:
        raise UsageError(f"{option}: found {value:g}, wanted a number from {low:g} to {high:g}")
