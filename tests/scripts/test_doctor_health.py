"""Health answers that come with status 200 and still say that something is wrong."""

import json

import pytest

from scripts.doctor_checks.health import health_doubt


@pytest.mark.parametrize(
    "document",
    [
        {
            "status": "healthy",
            "components": {"llm": True, "redis": {"status": "healthy"}, "tier_name": "normal"},
        },
        {"status": "ok"},
        {"status": "ACTIVE"},
        {"status": "healthy", "memory_gb": 3.2, "components": {"degradation_tier": 0}},
        {"up": True},
        [],
        "ok",
    ],
)
def test_a_service_that_is_well_raises_no_doubt(document: object) -> None:
    assert health_doubt(json.dumps(document).encode()) is None


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (
            {"status": "partial", "components": {"llm": True, "vectorstore": False}},
            'says "partial"; not well: vectorstore',
        ),
        (
            {"status": "degraded", "services": {"redis": False, "kong": False}},
            'says "degraded"; not well: kong, redis',
        ),
        ({"status": "ok", "checks": {"db": {"status": "down"}}}, "not well: db"),
        (
            {"status": "ok", "services": {f"s{number}": False for number in range(8)}},
            "not well: s0, s1, s2, s3, s4, s5 and 2 more",
        ),
    ],
)
def test_what_the_service_itself_calls_unwell_is_repeated(document: object, doubt: str) -> None:
    assert health_doubt(json.dumps(document).encode()) == doubt


def test_a_health_answer_that_is_no_json_is_left_to_the_expectation() -> None:
    assert health_doubt(b"OK") is None
