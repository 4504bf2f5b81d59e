"""What the benchmarks showed when they were last measured for the README: a file of their JSON objects."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.environment import read_environment

RESULTS = Path(__file__).with_name("results.json")
DISTRIBUTIONS = {
    "k6": "k6",
    "aiohttp": "aiohttp",
    "httpx": "httpx",
    "httpx-sse": "httpx-sse",
    "locust": "locust",
}
DEBIAN = {"wrk": "wrk", "hey": "hey", "h2load": "nghttp2-client"}

Result = Mapping[str, Any]
"""What the benchmark printed as `document`, with `command`, `measured_on`, `machine` and `versions`."""


def read_results() -> dict[str, Result]:
    """By the names of `readme.MEASUREMENTS`; none before the first measurement."""
    results: dict[str, Result] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return results


def write_results(results: Mapping[str, Result]) -> None:
    """Replace the file."""
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def result(command: str, document: Mapping[str, Any]) -> Result:
    """A document with today, this machine and the versions that are installed on it."""
    hard = read_environment().hard
    names = ("cpu_model", "cpu_cores", "memory_total_gib", "kernel", "os_image", "python")
    return {
        "command": command,
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": {name: hard[name] for name in names},
        "versions": _versions(),
        "document": document,
    }


def _versions() -> dict[str, str]:
    found = {name: _installed(distribution) for name, distribution in DISTRIBUTIONS.items()}
    found |= {name: _debian(package) for name, package in DEBIAN.items()}
    return {name: version for name, version in found.items() if version}


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _debian(package: str) -> str | None:
    """Without Debian's own revision."""
    try:
        done = subprocess.run(  # noqa: S603 -- a command of our own making, no shell
            ["dpkg-query", "--show", "--showformat", "${Version}", package],  # noqa: S607 -- where Debian has it
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return done.stdout.partition("-")[0] or None
