"""Starts a server that speaks SutazAI's chats, and reads what it counted."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]


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
    command = [sys.executable, "-m", "tests.servers.sutazai_server", "--idle-s", str(idle_s)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the server did not start"
            yield Sutazai(f"http://127.0.0.1:{int(line)}")
        finally:
            process.kill()
