"""All passages, in a fixed order."""

from functools import cache

from scripts.service.corpus import cities, cooking, navigation, networks, plants, sampling, ships, weather
from scripts.service.corpus.passage import Passage

_TOPICS = {
    "ships": ships.drafts,
    "navigation": navigation.drafts,
    "weather": weather.drafts,
    "networks": networks.drafts,
    "statistics": sampling.drafts,
    "cooking": cooking.drafts,
    "plants": plants.drafts,
    "cities": cities.drafts,
}


@cache
def passages() -> tuple[Passage, ...]:
    """The same passages with the same identities at every start."""
    return tuple(
        Passage(f"{topic}-{number:04d}", topic, draft.title, draft.text)
        for topic, drafts in _TOPICS.items()
        for number, draft in enumerate(drafts(), start=1)
    )
