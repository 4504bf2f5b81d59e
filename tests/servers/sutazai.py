"""Starts a server that speaks SutazAI's chats, and reads what it counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.servers.process import module_server


@dataclass(frozen=True, slots=True)
class Sutazai:
    url: str

    def stats(self) -> dict[str, Any]:
        """`counts` of questions and answers, `sessions` and `registered` as they stand."""
        stats: dict[str, Any] = httpx.get(f"{self.url}/stats", trust_env=False).json()
        return stats

    def counted(self, name: str) -> int:
        return int(self.stats()["counts"].get(name, 0))


@contextmanager
def sutazai_server(idle_s: float = 20.0) -> Iterator[Sutazai]:
    """On a free port, gone afterwards whatever happens."""
    with module_server("tests.servers.sutazai_server", "--idle-s", str(idle_s)) as listening:
        yield Sutazai(f"http://127.0.0.1:{listening.port}")
