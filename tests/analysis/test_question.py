"""Questions are popular by their place in the file, and every sequence can be repeated."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from analysis.errors import ConfigurationError
from analysis.question import QuestionStream, load_expected_words, load_questions, questions_sha256
from analysis.target import LOCUSTFILES

TEN = tuple(f"question {number}" for number in range(1, 11))


def asked(count: int, *, zipf: float = 1.0, seed: int = 1, worker: int = 0, user: int = 1) -> list[str]:
    stream = QuestionStream(TEN, zipf, seed, worker, user)
    return [stream.next() for _ in range(count)]


def test_the_same_seed_worker_and_user_ask_the_same() -> None:
    assert asked(200, seed=5, worker=2, user=3) == asked(200, seed=5, worker=2, user=3)


def test_another_seed_worker_or_user_asks_something_else() -> None:
    sequences = [
        asked(50, seed=seed, worker=worker, user=user)
        for seed in (1, 2, 11)
        for worker in (0, 1, 2)
        for user in (1, 2, 11)
    ]

    assert all(a != b for a, b in combinations(sequences, 2))


def test_a_sequence_is_the_same_in_every_version() -> None:
    """A change here changes the load of every stored baseline."""
    assert asked(6, seed=7, worker=1, user=4) == [
        "question 1", "question 8", "question 2", "question 5", "question 1", "question 2",
    ]  # fmt: skip


def test_popularity_follows_zipf() -> None:
    """Chi-square over 20 000 draws stays below the 0.1 % point of nine degrees of freedom."""
    counts = Counter(asked(20_000, zipf=1.0))
    harmonic = sum(1 / rank for rank in range(1, 11))
    expected = [20_000 / rank / harmonic for rank in range(1, 11)]

    chi_square = sum((counts[text] - want) ** 2 / want for text, want in zip(TEN, expected, strict=True))

    assert chi_square < 27.88


def test_exponent_zero_asks_all_alike() -> None:
    counts = Counter(asked(20_000, zipf=0.0))

    assert sum((counts[text] - 2000) ** 2 / 2000 for text in TEN) < 27.88


def test_a_stream_of_no_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one question"):
        QuestionStream((), 1.0, 1, 0, 1)


def test_lines_are_read_in_order_with_blank_ones_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a\\u2028b", "topic": "x"}\n\n{"question": "c d"}', encoding="utf-8")

    assert load_questions(path) == ("a\u2028b", "c d")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "q.jsonl: found no question, wanted lines such as"),
        (b'{"question": "a"}\n{"qestion": "b"}', "q.jsonl: line 2: found nothing, wanted a line such as"),
        (b'{"question": ""}', 'line 1: found "", wanted a line'),
        (b'{"question": 3}', "line 1: found 3, wanted a line"),
        (b'["a"]', "line 1: found something else than a JSON object"),
        (b'{"question": "a"', "line 1: found a mistake in its JSON"),
        (b'{"question": "\xff"}', "found byte 14 outside UTF-8"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=message):
        load_questions(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.jsonl: found No such file"):
        load_questions(tmp_path / "none.jsonl")


def test_the_hash_covers_texts_and_order_alone(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps({"topic": "t", "question": text}) + "\n" for text in TEN))

    assert questions_sha256(load_questions(path)) == questions_sha256(TEN)
    assert questions_sha256(TEN[::-1]) != questions_sha256(TEN)


@pytest.mark.parametrize(("name", "least"), [("general", 200), ("mesh", 40)])
def test_shipped_questions_are_many_and_all_different(name: str, least: int) -> None:
    questions = load_questions(LOCUSTFILES / "questions" / f"{name}.jsonl")

    assert len(set(questions)) == len(questions) >= least
    assert all(text.endswith("?") for text in questions)


def test_the_words_that_an_answer_must_hold_are_read_beside_its_question(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"question": "a"}\n{"question": "b", "expect": ["Load Line", "hull"]}\n'
        '{"question": "c", "expect": "x"}'
    )

    assert load_questions(path) == ("a", "b", "c")
    assert load_expected_words(path) == {"b": ("load line", "hull"), "c": ("x",)}


@pytest.mark.parametrize("expect", ["3", '[""]', "[1]", "null"])
def test_expected_words_that_are_none_are_refused(tmp_path: Path, expect: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(f'{{"question": "a"}}\n{{"question": "b", "expect": {expect}}}')

    with pytest.raises(
        ConfigurationError, match=r"line 2: expect: found .*, wanted a word or a list of words"
    ):
        load_questions(path)
