"""A breaker's state, as libraries write it."""

import pytest

from scripts.sidecar.breaker import BreakerState, breaker_name, state_from, state_word


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ('{"state": "closed", "failure_count": 0}', BreakerState.CLOSED),
        ('{"state": "OPEN"}', BreakerState.OPEN),
        ('{"state": "half_open"}', BreakerState.HALF_OPEN),
        ('{"state": "CircuitState.HALF_OPEN"}', BreakerState.HALF_OPEN),
        ("half-open", BreakerState.HALF_OPEN),
        ("opened", BreakerState.OPEN),
        ('"closed"', BreakerState.CLOSED),
        ('{"other": "closed"}', BreakerState.UNKNOWN),
        ('{"state": 2}', BreakerState.UNKNOWN),
        ('{"state": {"name": "open"}}', BreakerState.UNKNOWN),
        ('{"state": "open"', BreakerState.UNKNOWN),
        ("sk-a-secret", BreakerState.UNKNOWN),
        ("", BreakerState.UNKNOWN),
    ],
)
def test_a_value_gives_one_of_four_words_and_nothing_else(value: str, state: BreakerState) -> None:
    assert state_from(value, "state") is state


def test_without_a_field_the_value_itself_is_the_state() -> None:
    assert state_from("open", None) is BreakerState.OPEN
    assert state_from('{"state": "open"}', None) is BreakerState.UNKNOWN


@pytest.mark.parametrize("word", [None, 0, 2, True, [], {}])
def test_what_is_no_text_is_no_state(word: object) -> None:
    assert state_word(word) is BreakerState.UNKNOWN


@pytest.mark.parametrize(
    ("key", "pattern", "name"),
    [
        ("circuit_breaker:rag_api", "circuit_breaker:*", "rag_api"),
        ("rag:breaker:state", "*:breaker:state", "rag"),
        ("breakers:rag:state", "breakers:*:state", "rag"),
        ("breaker1", "breaker?", "1"),
        ("breaker-a", "breaker-[ab]", "a"),
        ("only_one", "only_one", "only_one"),
        ("circuit_breaker:", "circuit_breaker:*", "circuit_breaker:"),
    ],
)
def test_the_fixed_parts_of_the_pattern_are_not_part_of_the_name(key: str, pattern: str, name: str) -> None:
    assert breaker_name(key, pattern) == name
