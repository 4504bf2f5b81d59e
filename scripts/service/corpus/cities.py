"""Passages on cities: where they lie, their daylight, and the height of the sun."""

import math
from collections.abc import Iterator

from scripts.service.corpus.draft import Draft
from scripts.service.corpus.navigation import PORTS

_FACTS = {
    "Rotterdam": ("the Netherlands", "the mouth of the Rhine and Meuse", "mild and windy"),
    "Hamburg": ("Germany", "the Elbe, a hundred kilometres from the sea", "cool and often grey"),
    "Lisbon": ("Portugal", "the estuary of the Tagus", "mild winters and dry summers"),
    "Reykjavik": ("Iceland", "a bay of the North Atlantic", "cool, with a sea that seldom freezes"),
    "Piraeus": ("Greece", "the Saronic Gulf beside Athens", "hot, dry summers"),
    "Istanbul": ("Turkey", "the strait between the Black Sea and the Marmara", "humid summers, some snow"),
    "Lagos": ("Nigeria", "a lagoon on the Gulf of Guinea", "hot, with two rainy seasons"),
    "Cape Town": ("South Africa", "Table Bay under a flat mountain", "dry, windy summers"),
    "Mombasa": ("Kenya", "an island on the Indian Ocean", "hot and humid"),
    "Mumbai": ("India", "a peninsula on the Arabian Sea", "a monsoon from June to September"),
    "Colombo": ("Sri Lanka", "the west coast of the island", "hot, with two monsoons"),
    "Singapore": ("Singapore", "the strait at the tip of the Malay Peninsula", "hot and wet all year"),
    "Hong Kong": ("China", "the east side of the Pearl River estuary", "typhoons in late summer"),
    "Yokohama": ("Japan", "the bay of Tokyo", "four seasons and a rainy June"),
    "Sydney": ("Australia", "a drowned valley on the Tasman Sea", "warm summers, mild winters"),
    "Auckland": ("New Zealand", "an isthmus between two harbours", "mild and changeable"),
    "Honolulu": ("the United States", "the south shore of Oahu", "warm, with steady trade winds"),
    "Vancouver": ("Canada", "a fjord behind a large island", "wet winters and dry summers"),
    "San Francisco": (
        "the United States",
        "a peninsula at a strait named the Golden Gate",
        "cool, foggy summers",
    ),
    "Valparaiso": ("Chile", "steep hills on the Pacific", "dry, cooled by a cold current"),
    "Santos": ("Brazil", "an island south-east of Sao Paulo", "hot and rainy"),
    "Havana": ("Cuba", "a bay with a narrow mouth", "a rainy summer and hurricanes"),
    "New York": ("the United States", "the mouth of the Hudson", "hot summers and cold winters"),
    "Halifax": ("Canada", "a deep natural harbour in Nova Scotia", "snowy winters and sea fog"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def drafts() -> Iterator[Draft]:
    for name, latitude, longitude in PORTS:
        country, place, climate = _FACTS[name]
        north = "north" if latitude >= 0 else "south"
        east = "east" if longitude >= 0 else "west"
        yield Draft(
            f"Where {name} lies",
            f"{name} is a port city in {country}. It lies at {place}, at {abs(latitude):.2f} degrees "
            f"{north} and {abs(longitude):.2f} degrees {east}.",
        )
        yield Draft(
            f"The climate of {name}",
            f"The climate of {name} in {country} is known for this: {climate}. The city lies at {place}.",
        )
        yield Draft(
            f"Solar noon in {name}",
            f"By its longitude {name} has its solar noon {abs(longitude) * 4:.0f} minutes "
            f"{'before' if longitude >= 0 else 'after'} Greenwich, since the earth turns one degree in "
            "four minutes.",
        )
        for month in range(12):
            yield _daylight(name, latitude, month)


def daylight_h(latitude: float, day_of_year: int) -> float:
    """From the sun's declination, without refraction."""
    declination = math.radians(-23.44 * math.cos(math.radians(360 / 365 * (day_of_year + 10))))
    cosine = -math.tan(math.radians(latitude)) * math.tan(declination)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) / 7.5


def _daylight(name: str, latitude: float, month: int) -> Draft:
    day = round(30.4 * month + 15)
    declination = -23.44 * math.cos(math.radians(360 / 365 * (day + 10)))
    hours, minutes = divmod(round(daylight_h(latitude, day) * 60), 60)
    return Draft(
        f"Daylight in {name} in {_MONTHS[month]}",
        f"In the middle of {_MONTHS[month]} the day in {name} lasts about {hours} hours and {minutes} "
        f"minutes. At noon the sun stands {90 - abs(latitude - declination):.0f} degrees above the "
        "horizon.",
    )
