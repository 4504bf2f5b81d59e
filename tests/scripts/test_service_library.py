"""The service's passages, and how a question finds them."""

from collections import Counter

import numpy as np
import pytest

from scripts.service.corpus.library import passages
from scripts.service.corpus.navigation import PORTS, great_circle_nm
from scripts.service.embedding import TextModel, fit, words
from scripts.service.retrieval import PassageIndex

Fitted = tuple[TextModel, PassageIndex]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    library = passages()
    model, vectors = fit([f"{passage.title}. {passage.title}. {passage.text}" for passage in library])
    return model, PassageIndex(library, vectors)


def titles(fitted: Fitted, question: str, top_k: int = 4) -> list[str]:
    model, index = fitted
    return [hit.passage.title for hit in index.nearest(model.vector(question), top_k)]


def test_the_library_holds_two_thousand_passages_on_eight_topics() -> None:
    library = passages()

    assert len(library) >= 2000
    assert len(Counter(passage.topic for passage in library)) == 8
    assert min(Counter(passage.topic for passage in library).values()) >= 200
    assert len({passage.identity for passage in library}) == len(library)
    assert len({passage.title for passage in library}) == len(library)


def test_every_passage_is_readable_text() -> None:
    for passage in passages():
        assert 40 <= len(passage.text) <= 600, passage
        assert passage.text.endswith("."), passage
        assert "{" not in passage.text + passage.title, passage
        assert "nan" not in words(passage.text), passage


def test_computed_facts_are_right() -> None:
    """Published distances, by great circle on a sphere, to within one percent."""
    port = {name: (name, latitude, longitude) for name, latitude, longitude in PORTS}

    assert great_circle_nm(port["New York"], port["Lisbon"]) == pytest.approx(2925, rel=0.01)
    assert great_circle_nm(port["Sydney"], port["Valparaiso"]) == pytest.approx(6125, rel=0.01)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How far is it from Rotterdam to Santos?", "Distance from Rotterdam to Santos"),
        ("When do I plant garlic?", "When to sow or plant garlic"),
        ("Which port does Redis use?", "The port of Redis"),
        ("Why was the load line introduced?", "Why the load line exists"),
        ("How long is the day in Reykjavik in December?", "Daylight in Reykjavik in December"),
        ("What is coordinated omission?", "Coordinated omission"),
        ("How cold does -20 degrees feel at 30 km/h of wind?", "Wind chill at -20 degrees and 30 km/h"),
        ("Dough, 500 g flour, 70 percent hydration", "Bread dough of 500 g flour at 70 percent hydration"),
    ],
)  # fmt: skip
def test_a_question_finds_the_passage_about_it(fitted: Fitted, question: str, title: str) -> None:
    assert title in titles(fitted, question)


def test_nearly_every_title_finds_its_own_passage(fitted: Fitted) -> None:
    library = passages()[::5]
    found = sum(passage.title in titles(fitted, passage.title) for passage in library)

    assert found >= 0.98 * len(library)


def test_a_question_of_unknown_words_still_has_a_direction_of_its_own(fitted: Fitted) -> None:
    model, index = fitted
    one, other = model.vector("zyzzyva quokka"), model.vector("xylophone marimba")

    assert len(index.nearest(one, 4)) == 4
    assert float(one @ other) < 0.5


def test_text_without_words_finds_nothing(fitted: Fitted) -> None:
    assert titles(fitted, "??? !!!") == []


def test_the_same_texts_give_the_same_vectors() -> None:
    texts = [passage.text for passage in passages()[:300]]

    (model, vectors), (again, vectors_again) = fit(texts, 32), fit(texts, 32)

    np.testing.assert_array_equal(vectors, vectors_again)
    np.testing.assert_array_equal(model.vector("load line"), again.vector("load line"))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)


def test_stop_words_and_plurals_do_not_matter_unless_there_is_nothing_else() -> None:
    assert words("What are the load lines of ferries?") == ["load", "line", "ferry"]
    assert words("What is it?") == ["what", "is", "it"]
