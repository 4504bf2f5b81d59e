"""What tools say of themselves is read rightly, and ours is held against the server's own log."""

import json
import sys

import pytest

from scripts.bench import truth
from scripts.bench.contender import OURS, Contender, contenders
from scripts.bench.reported import reported_ms
from scripts.bench.window import BenchError
from scripts.truth.log import PERCENTS

SAID = {
    "wrk": "Requests/sec:  19158.32\np50 20.240\np95 22.500\np99 24.880\n",
    "k6": "p50 20.24\np95 22.5\np99 24.88\n",
    "hey": "Latency distribution:\n  50%% in 0.0202 secs\n  95%% in 0.0225 secs\n  99%% in 0.0249 secs\n",
    "fasthttpuser": (
        "Response time percentiles (approximated)\n"
        "Type     Name        50%    66%    75%    80%    90%    95%    98%    99%  99.9%   100% # reqs\n"
        "--------|----------|------|------|------|------|------|------|------|------|------|------|------\n"
        "POST     /query       79     82     83     84    110    130    150    170    200    210   9000\n"
        "--------|----------|------|------|------|------|------|------|------|------|------|------|------\n"
        "         Aggregated   79     82     83     84    110    130    150    170    200    210   9000\n"
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_reported_percentiles_are_read(name: str) -> None:
    wanted = {"p50": 79.0, "p95": 130.0, "p99": 170.0}
    if name != "fasthttpuser":
        wanted = {"p50": 20.2, "p95": 22.5, "p99": 24.9}

    assert reported_ms(name, SAID[name]) == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize("name", SAID)
def test_a_tool_that_reports_nothing_is_an_error(name: str) -> None:
    with pytest.raises(BenchError, match=f"{name} did not report p50, p95, p99"):
        reported_ms(name, "Socket errors: connect 400\n")


@pytest.mark.parametrize("secure", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["plain", "tls"])
def test_one_json_object_tells_the_errors_of_each_tool_and_names_those_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secure: bool
) -> None:
    broken = Contender("broken", lambda _: [sys.executable, "-c", "raise SystemExit('no such flag')"])
    peers = [] if secure else [*contenders(["wrk"]), broken]
    monkeypatch.setattr(truth, "QUICK", truth.Plan(rounds=1, window_s=1))
    monkeypatch.setattr(truth, "CONNECTIONS", 20)
    monkeypatch.setattr(truth, "SATURATING", 30)
    monkeypatch.setattr(truth, "contenders", lambda _: [*contenders([OURS]), *peers])

    assert truth.truth_command(quick=True, as_json=True, secure=secure) == 0
    document = json.loads(capsys.readouterr().out)

    names = {truth.NAME, truth.SATURATED, *([] if secure else ["wrk"])}
    assert document["tls"] is secure
    assert document["missing"] == ({} if secure else {"broken": "broken ended with 1: no such flag"})
    for key in ("error_ms", "reported_ms", "truth_ms"):
        assert set(document[key]) == names
        assert all(set(values) == set(PERCENTS) for values in document[key].values())
    assert set(document["ratios"]) == ({} if secure else {"wrk": 1}).keys()
    assert all(ratio > 0 for ratio in document["ratios"].values())
    assert document["truth_ms"][truth.NAME]["p50"] >= truth.DELAY_MS
    assert document["requests_per_s"][truth.NAME] > 0


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_ours_is_within_a_millisecond_of_the_truth_at_saturation(
    capsys: pytest.CaptureFixture[str], secure: bool
) -> None:
    assert truth.truth_command(quick=True, as_json=True, secure=secure) == 0
    errors = json.loads(capsys.readouterr().out)["error_ms"]

    assert abs(errors[truth.NAME]["p99"]) <= 1
    assert abs(errors[truth.SATURATED]["p99"]) <= 1
    assert set(errors) == {truth.NAME, truth.SATURATED, *truth.PEERS}
