"""All passages, in a fixed order."""

from collections import Counter
from functools import cache

from scripts.service.corpus import navigation
from scripts.service.corpus.passage import Passage


@cache
def passages() -> tuple[Passage, ...]:
    """The same passages with the same identities at every start."""
    counts: Counter[str] = Counter()
    library: list[Passage] = []
    for topic, drafts in (("navigation", navigation.drafts()),):
        for title, text in drafts:
            counts[topic] += 1
            library.append(Passage(f"{topic}-{counts[topic]:04d}", topic, title, text))
    return tuple(library)
