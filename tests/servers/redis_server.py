"""A real Redis server for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.servers.debian_server import DebianServer, free_port, program


class RedisServer(DebianServer):
    """Keeps nothing on disk: a stop and a start give an empty server on the same port."""

    def __init__(self, directory: Path, password: str | None) -> None:
        port = free_port()
        command = [program("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--dir", str(directory), "--save", "", "--appendonly", "no", "--daemonize", "no"]
        if password is not None:
            command += ["--requirepass", password]
        self.password = password
        super().__init__(port, command, directory / f"redis-{port}.log", self._answers)

    @property
    def url(self) -> str:
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def client(self) -> "Redis":
        return Redis.from_url(
            self.url, decode_responses=True, protocol=2, socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def redis_server(directory: Path, password: str | None = None) -> Iterator[RedisServer]:
    """Runs a server below an existing directory; it is stopped however the block ends."""
    server = RedisServer(directory, password)
    try:
        server.start()
        yield server
    finally:
        server.stop()
