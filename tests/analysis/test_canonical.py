import json

import pytest

from analysis.canonical import canonical_sha256, canonical_text, rounded


def test_floats_keep_six_significant_digits_and_integers_stay_whole() -> None:
    assert rounded({"a": 1234567.89, "b": 1_763_719_200_000_000_001, "c": [0.1 + 0.2, True]}) == {
        "a": 1234570.0,
        "b": 1_763_719_200_000_000_001,
        "c": [0.3, True],
    }


def test_zero_has_no_sign() -> None:
    assert json.dumps(rounded(-0.0)) == "0.0"


def test_a_text_that_is_read_and_written_again_is_the_same() -> None:
    text = canonical_text({"b": [1.23456789e-9, 2], "a": {"z": None, "y": "é"}})

    assert canonical_text(json.loads(text)) == text
    assert text.index('"a"') < text.index('"b"')


def test_the_hash_does_not_depend_on_order_or_digits_beyond_the_sixth() -> None:
    assert canonical_sha256({"a": 1.00000001, "b": 2}) == canonical_sha256({"b": 2, "a": 1.0})
    assert canonical_sha256({"a": 1.0001}) != canonical_sha256({"a": 1.0})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_spell_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        canonical_text({"a": value})
