"""`plimsoll ab` with real services and real load, as users run it: long, so not part of a normal test run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.exit_code import ExitCode
from tests.servers.debian_server import free_port

LIMIT_S = 40 * 60


def decided(tmp_path: Path, *b_options: str) -> tuple[int, dict[str, Any]]:
    """A is the reference service without its cache, which would answer half of the questions in no time."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    serve = f"{sys.executable} -m scripts.cli serve --no-cache --port {port}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "scripts.cli", "ab", "--target", "reference", "--load-profile", "pair"),
            *("--a", url, "--b", url, "--a-command", serve),
            *("--b-command", " ".join([serve, *b_options])),
            *("--run-root", str(tmp_path), "--max-minutes", "40", "--json"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def gated(result: dict[str, Any]) -> set[str]:
    return {f"{r['endpoint']}.{r['metric']}.{r['statistic']}" for r in result["rows"] if r["gated"]}


@pytest.mark.slow
@pytest.mark.alone
def test_the_reference_service_passes_beside_itself_in_less_than_40_minutes(tmp_path: Path) -> None:
    code, result = decided(tmp_path)

    assert (code, result["verdict"]) == (ExitCode.PASS, "pass")
    assert {"query.response.p50", "query.response.p95", "stream.ttft.p95"} <= gated(result)
    assert result["spent_s"] < LIMIT_S


@pytest.mark.slow
@pytest.mark.alone
def test_ten_percent_more_latency_is_a_regression_in_less_than_40_minutes(tmp_path: Path) -> None:
    code, result = decided(tmp_path, "--slow-factor", "1.1")
    worse = {
        f"{r['endpoint']}.{r['metric']}.{r['statistic']}"
        for r in result["rows"]
        if r["outcome"] == "regression"
    }

    assert (code, result["verdict"]) == (ExitCode.REGRESSION, "regression")
    assert worse & gated(result)
    assert result["spent_s"] < LIMIT_S
