"""Question sets, and the seeded sequence that one user asks from them."""

import hashlib
import json
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from analysis.errors import ConfigurationError, Phrase
from analysis.toml_file import shown_path


class QuestionStream:
    """Questions with Zipf popularity: the first of the set is the most popular.

    The sequence depends on seed, worker and user alone: each user of each worker has another one, and the
    same seed repeats them all.
    """

    __slots__ = ("_cumulative", "_questions", "_random")

    def __init__(self, questions: Sequence[str], zipf: float, seed: int, worker: int, user: int) -> None:
        if not questions:
            raise ValueError("a question stream needs at least one question")
        self._questions = questions
        self._cumulative = _cumulative_popularity(len(questions), zipf)
        identity = f"plimsoll.question/1:{seed}:{worker}:{user}"
        digest = hashlib.sha256(identity.encode()).digest()
        self._random = random.Random(digest)  # noqa: S311 - repeatable on purpose, guards nothing

    def next(self) -> str:
        """The question to ask now."""
        point = self._random.random() * self._cumulative[-1]
        return self._questions[bisect_right(self._cumulative, point)]


def load_questions(path: Path) -> tuple[str, ...]:
    """The `question` of each line of a JSON Lines file; blank lines are passed over."""
    return tuple(question for question, _ in _entries(path))


def load_expected_words(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Question to the words that a right answer holds, in lower case: the `expect` of its line."""
    return {question: words for question, words in _entries(path) if words}


def questions_sha256(questions: Sequence[str]) -> str:
    """Hash of the texts in their order, which is their popularity; of nothing else in the file."""
    return hashlib.sha256(json.dumps(list(questions)).encode()).hexdigest()


def _entries(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            file=shown_path(path),
            key=None,
            found=Phrase(error.strerror or "no way to read it"),
            wanted="a readable file of questions",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            file=shown_path(path),
            key=None,
            found=Phrase(f"byte {error.start} outside UTF-8"),
            wanted="JSON Lines in UTF-8",
        ) from error
    # Not splitlines: a question may hold U+2028, which JSON allows and splitlines breaks at.
    lines = enumerate(text.split("\n"), 1)
    entries = [_entry(line, number, path) for number, line in lines if line.strip()]
    if not entries:
        raise ConfigurationError(
            file=shown_path(path),
            key=None,
            found=Phrase("no question"),
            wanted='lines such as {"question": "…"}',
        )
    return entries


def _entry(line: str, number: int, path: Path) -> tuple[str, tuple[str, ...]]:
    found: object = Phrase("something else than a JSON object")
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        entry, found = None, Phrase(f"a mistake in its JSON: {error.msg}")
    if isinstance(entry, dict):
        found = entry.get("question")
        if isinstance(found, str) and found.strip():
            return found, _expected(entry, number, path)
    raise ConfigurationError(
        file=shown_path(path), key=f"line {number}", found=found, wanted='a line such as {"question": "…"}'
    )


def _expected(entry: Mapping[str, object], number: int, path: Path) -> tuple[str, ...]:
    found = entry.get("expect", [])
    words = found if isinstance(found, list) else [found]
    if all(isinstance(word, str) and word.strip() for word in words):
        return tuple(str(word).lower() for word in words)
    raise ConfigurationError(
        file=shown_path(path),
        key=f"line {number}: expect",
        found=found,
        wanted='a word or a list of words, such as ["load line"]',
    )


@lru_cache(maxsize=8)
def _cumulative_popularity(count: int, zipf: float) -> tuple[float, ...]:
    """Shared by all streams of a set, as thousands of users may ask from one."""
    return tuple(accumulate(rank**-zipf for rank in range(1, count + 1)))
