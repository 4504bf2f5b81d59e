"""The stand-in for a language model: its words, its latency model and its limit."""

import asyncio
from contextlib import aclosing

import pytest

from scripts.service.corpus.library import passages
from scripts.service.generation import GenerationSlots, LocalGenerator
from scripts.service.latency import LatencyModel
from scripts.service.retrieval import Hit
from scripts.service.settings import LatencySettings

HITS = tuple(Hit(passage, 0.9) for passage in passages()[:4])
AT_ONCE = LatencySettings(ttft_ms=0.0, token_ms=0.0)


def generator(tokens: int = 30, seed: int = 1) -> LocalGenerator:
    return LocalGenerator(LatencyModel(AT_ONCE, seed), tokens, seed)


async def streamed(source: LocalGenerator, question: str, max_tokens: int | None = None) -> list[str]:
    async with aclosing(source.stream(question, HITS, max_tokens)) as tokens:
        return [token async for token in tokens]


def test_whole_and_streamed_answers_are_the_same_words() -> None:
    whole = asyncio.run(generator().whole("What is freeboard?", HITS, None))

    assert asyncio.run(streamed(generator(), "What is freeboard?")) == whole
    assert "".join(whole).endswith(".")
    assert 20 <= len(whole) <= 40


def test_the_seed_and_the_question_decide_the_answer_and_nothing_else() -> None:
    async def scene() -> None:
        first = generator()
        one = await first.whole("one", HITS, None)
        assert await first.whole("one", HITS, None) == one
        answers = {"".join(await generator(seed=seed).whole("one", HITS, None)) for seed in range(6)}
        assert len(answers) > 1

    asyncio.run(scene())


@pytest.mark.parametrize("max_tokens", [1, 7, 500])
def test_an_answer_is_as_long_as_asked_even_beyond_its_passages(max_tokens: int) -> None:
    tokens = asyncio.run(streamed(generator(tokens=4000), "long", max_tokens))

    assert len(tokens) == max_tokens


def test_without_passages_it_says_so() -> None:
    answer = "".join(asyncio.run(generator().whole("anything", (), None)))

    assert "holds nothing about this question" in answer


def test_the_slow_factor_multiplies_every_time_and_the_extra_latency_comes_once() -> None:
    """With one seed the noise is the same, so the ratio is exact."""
    plain = LatencyModel(LatencySettings(), 1)
    slower = LatencyModel(LatencySettings(slow_factor=1.25), 1)
    later = LatencyModel(LatencySettings(extra_latency_ms=40), 1)
    for draw in ("embed_s", "retrieve_s", "token_s"):
        expected = getattr(plain, draw)()
        assert getattr(slower, draw)() == pytest.approx(1.25 * expected)
        assert getattr(later, draw)() == pytest.approx(expected)
    expected = plain.first_token_s()

    assert slower.first_token_s() == pytest.approx(1.25 * expected)
    assert later.first_token_s() == pytest.approx(expected + 0.040)


def test_the_median_of_the_model_is_the_setting() -> None:
    model = LatencyModel(LatencySettings(), 5)
    draws = sorted(model.token_s() for _ in range(4001))

    assert draws[2000] == pytest.approx(0.010, rel=0.01)
    assert draws[3800] < 0.012


def test_slots_are_given_in_order_and_given_back_when_a_holder_or_a_waiter_is_cancelled() -> None:
    async def scene() -> list[str]:
        slots, order, release = GenerationSlots(1), list[str](), asyncio.Event()

        async def hold(name: str) -> None:
            async with slots.slot():
                order.append(name)
                await release.wait()

        tasks = []
        for name in ("first", "leaver", "third"):
            tasks.append(asyncio.create_task(hold(name)))
            await asyncio.sleep(0)
        assert (slots.active, slots.waiting) == (1, 2)
        tasks[1].cancel()
        tasks[0].cancel()
        release.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (slots.active, slots.waiting) == (0, 0)
        return order

    assert asyncio.run(scene()) == ["first", "third"]
