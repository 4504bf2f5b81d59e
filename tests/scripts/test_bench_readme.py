"""The README's tables of measurements are what the stored results say."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from analysis.errors import UsageError
from analysis.exit_code import ExitCode
from scripts.bench import readme, results
from scripts.bench.readme import BEGIN, END, MEASUREMENTS, with_block
from scripts.bench.readme_block import readme_block
from scripts.bench.results import Result, read_results


def sample(document: Mapping[str, object]) -> Result:
    return {
        "command": "python -m scripts.bench requests",
        "measured_on": "2026-11-21",
        "machine": {
            "cpu_model": "A processor",
            "cpu_cores": 2,
            "memory_total_gib": 8,
            "kernel": "6.1",
            "os_image": "debian 12",
            "python": "3.11",
        },
        "versions": {"wrk": "4.1.0", "locust": "2.47.0"},
        "document": document,
    }


REQUESTS = {
    "tls": False,
    "connections": 64,
    "requests_per_s": {"plimsoll": 24_813, "wrk": 70_925, "fasthttpuser": 4_113},
    "server_share": {"plimsoll": 0.2, "wrk": 0.97, "fasthttpuser": 0.05},
    "core_share": {"plimsoll": 0.99, "wrk": 0.93, "fasthttpuser": 0.98},
    "ratios": {"wrk": 0.3498, "fasthttpuser": 6.03},
}


def test_the_readme_shows_the_stored_results() -> None:
    """`python -m scripts.bench readme` makes them equal."""
    text = readme.README.read_text()

    assert with_block(text, readme_block(read_results())) == text
    assert set(read_results()) <= set(MEASUREMENTS)


def test_a_table_names_the_rates_the_ratios_the_goals_and_the_full_server() -> None:
    block = readme_block({"requests": sample(REQUESTS)})

    assert "Measured on 2026-11-21: A processor, 2 cores, 8 GiB, Debian 12, Linux 6.1, Python 3.11." in block
    assert "| tool | HTTP, 1/s | Plimsoll ÷ it | goal |\n" in block
    assert "| **Plimsoll** | 24,800 |  |  |\n| wrk 4.1.0 | 70,900 \\* | 0.35 | ≥ 0.2 |\n" in block
    assert "| Locust FastHttpUser 2.47.0 | 4,110 | 6.03 | ≥ 4.5 |\n" in block
    assert "\\* The server's core was full" in block
    assert "The commands: `python -m scripts.bench requests`." in block
    assert "busy" not in block


def test_a_busy_machine_is_told() -> None:
    disturbed = {**REQUESTS, "core_share": {"plimsoll": 0.42}}

    block = readme_block({"requests": sample(disturbed)})

    assert "The machine was busy: Plimsoll got 42% of its core." in block


def test_what_was_measured_over_tls_alone_leaves_a_gap_in_the_row() -> None:
    over_tls = {**REQUESTS, "tls": True, "requests_per_s": {"plimsoll": 20_000}, "ratios": {}}

    block = readme_block({"requests": sample(REQUESTS), "requests-tls": sample(over_tls)})

    assert "| **Plimsoll** | 24,800 |  |  | 20,000 |  |  |\n" in block
    assert "| Locust FastHttpUser 2.47.0 | 4,110 | 6.03 | ≥ 4.5 |  |  |  |\n" in block


def test_truth_arrivals_and_memory_are_told_in_words() -> None:
    truth = {
        "tls": False,
        "connections": 400,
        "delay_ms": 20.0,
        "requests_per_s": {"plimsoll": 19_000, "k6": 9_000},
        "reported_ms": {"plimsoll": {"p99": 21.1}, "k6": {"p99": 98.0}},
        "truth_ms": {"plimsoll": {"p99": 21.08}, "k6": {"p99": 20.5}},
        "error_ms": {"plimsoll": {"p99": 0.02}, "k6": {"p99": 77.5}},
    }
    arrivals = {
        "rate_per_s": 500,
        "rounds": 2,
        "steady_s": 20,
        "drawn": 20_000,
        "sent": 20_000,
        "send_lag_ms": {"p50": 0.06, "p99": 4.1},
        "gap_variation": 0.3383,
        "machine_late_ms": 29.667,
        "undisturbed": {"seconds": 31, "send_lag_p99_ms": 0.31, "gap_variation": 0.0512},
    }
    memory = {
        "day": {"seconds": 86_400, "observations": 100_000_321, "growth_mb": 5.14, "second_half_mb": 0.0}
    }

    block = readme_block(
        {"truth": sample(truth), "arrivals": sample(arrivals), "memory": sample(memory)},
    )

    assert "| **Plimsoll** | 21.10 | 21.08 | 0.020 |\n| k6 | 98.00 | 20.50 | 77.50 |\n" in block
    assert "at 500/s: 20000 sent of 20000 drawn, `send_lag` 0.060 ms at p50 and 4.10 ms at p99" in block
    assert "4.10 ms at p99 (goal: ≤ 1 ms), variation of the gaps 0.338 (goal: ≤ 0.1)." in block
    assert "was up to 29.7 ms late. In the 31 of 40 seconds in which it never was" in block
    assert "0.31 ms at p99, variation of the gaps 0.051." in block
    assert "Memory: 5.1 MB more after 100 million observations in 86,400 slices of a second, 0.0 MB" in block


@pytest.mark.parametrize(
    ("late_ms", "told"),
    [(None, "(goal: ≤ 0.1).\n"), (12.34, "was up to 12.3 ms late, and in every second more than 0.5 ms.\n")],
)
def test_arrivals_without_a_second_undisturbed_say_what_is_known_of_the_machine(
    late_ms: float | None, told: str
) -> None:
    arrivals = {
        "rate_per_s": 500,
        "drawn": 1000,
        "sent": 1000,
        "send_lag_ms": {"p50": 0.06, "p99": 4.1},
        "gap_variation": 0.4,
        "machine_late_ms": late_ms,
        "undisturbed": None,
    }

    assert told in readme_block({"arrivals": sample(arrivals)})


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(UsageError, match=r"README\.md has no marks"):
        with_block("text\n", "block\n")


def test_an_unknown_measurement_is_refused() -> None:
    with pytest.raises(UsageError, match=r"found nonsense, wanted some of requests, requests-tls"):
        readme.readme_command(["nonsense"])


def test_what_is_measured_is_stored_and_what_fails_leaves_the_results_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The measurements are real processes of the same command line, here of one that ends at once."""
    stored = tmp_path / "results.json"
    document = tmp_path / "README.md"
    document.write_text(f"before\n{BEGIN}old\n{END}after\n")
    monkeypatch.setattr(results, "RESULTS", stored)
    monkeypatch.setattr(readme, "README", document)
    monkeypatch.setattr(readme, "MEASUREMENTS", {"requests": ("nonsense",)})
    results.write_results({"requests": sample(REQUESTS)})

    assert readme.readme_command(["requests"]) == ExitCode.INVALID

    assert "requests was not measured" in capfd.readouterr().err
    assert json.loads(stored.read_text()) == {"requests": sample(REQUESTS)}
    assert document.read_text() == f"before\n{BEGIN}{readme_block(read_results())}{END}after\n"
    assert "| **Plimsoll** | 24,800 |" in document.read_text()
