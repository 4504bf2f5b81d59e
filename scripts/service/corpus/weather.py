"""Passages on weather: wind, clouds, cold, damp and pressure."""

import math
from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

_BEAUFORT = (
    (0, "calm", 0.0, 0.2, "the sea is like a mirror", "smoke rises straight up"),
    (1, "light air", 0.3, 1.5, "ripples like scales without crests", "smoke drifts and shows the direction"),
    (2, "light breeze", 1.6, 3.3, "small wavelets with glassy crests",
     "leaves rustle and wind is felt on the face"),
    (3, "gentle breeze", 3.4, 5.4, "large wavelets with scattered white horses",
     "leaves and twigs keep moving"),
    (4, "moderate breeze", 5.5, 7.9, "small waves and frequent white horses",
     "dust and loose paper are raised"),
    (5, "fresh breeze", 8.0, 10.7, "moderate waves with many white horses",
     "small trees in leaf begin to sway"),
    (6, "strong breeze", 10.8, 13.8, "large waves with foam crests and spray", "umbrellas are hard to hold"),
    (7, "near gale", 13.9, 17.1, "foam is blown in streaks along the wind",
     "whole trees move; walking is hard"),
    (8, "gale", 17.2, 20.7, "moderately high, longer waves with spindrift", "twigs break off trees"),
    (9, "strong gale", 20.8, 24.4, "high waves, dense foam, spray that hides",
     "slates and chimney pots fall"),
    (10, "storm", 24.5, 28.4, "very high waves and a white sea", "trees are uprooted, houses damaged"),
    (11, "violent storm", 28.5, 32.6, "exceptionally high waves hide ships", "damage is widespread"),
    (12, "hurricane force", 32.7, 45.0, "air full of foam and spray, no sight", "devastation"),
)  # fmt: skip
_CLOUDS = (
    ("cirrus", 9000, "thin white strands of ice", "a warm front a day away when they thicken", "no rain"),
    ("cirrocumulus", 8000, "small grains in ripples without shade", "change within a day", "no rain"),
    ("cirrostratus", 8000, "a veil that gives sun or moon a halo", "rain within a day", "no rain itself"),
    ("altocumulus", 4500, "rounded heaps in rows with shaded sides", "thunder later on a humid morning",
     "rarely rain"),
    ("altostratus", 4000, "a grey sheet through which the sun is a blur", "steady rain soon",
     "light rain at times"),
    ("nimbostratus", 2000, "a dark, even layer", "hours of rain or snow", "steady rain or snow"),
    ("stratocumulus", 1500, "grey rolls with gaps of blue", "dull but mostly dry weather", "drizzle at most"),
    ("stratus", 500, "a low, even layer like lifted fog", "damp and poor sight", "drizzle"),
    ("cumulus", 1200, "heaps with flat bases and sharp tops", "fair weather while they stay small",
     "showers if tall"),
    ("cumulonimbus", 1000, "a tower with an anvil of ice", "squalls, hail and lightning", "heavy showers"),
)  # fmt: skip
_NOTES = (
    (
        "Radiation fog",
        "Radiation fog forms on clear, calm nights when the ground cools the air above it to the dew "
        "point. It lies in valleys and goes when the sun warms the ground.",
    ),
    (
        "Advection fog",
        "Advection fog forms when damp air drifts over a colder sea or land. Wind does not clear it, "
        "only a change of air does, which is why it troubles shipping in spring.",
    ),
    (
        "Warm front",
        "At a warm front light air climbs over cold air along a gentle slope. Cirrus comes first, then "
        "lower and thicker cloud, then steady rain; after it the air is milder and the wind veers in "
        "the northern hemisphere.",
    ),
    (
        "Cold front",
        "At a cold front heavy air drives under warm air. The slope is steep, the rain short and hard, "
        "and behind it the pressure rises, the sight is good and showers follow.",
    ),
    (
        "Occluded front",
        "A cold front moves faster than the warm front before it. Where it catches up, the warm air is "
        "lifted off the ground and the depression begins to fill.",
    ),
    (
        "Sea breeze",
        "On a sunny day land warms faster than water. Air rises over the land and cooler air comes in "
        "from the sea by noon, dying at dusk; at night the land breeze blows the other way.",
    ),
    (
        "Buys Ballot's law",
        "Stand with your back to the wind in the northern hemisphere and low pressure is on your left. "
        "In the southern hemisphere it is on your right.",
    ),
    (
        "Tropical cyclone",
        "A tropical cyclone needs water of about 27 degrees, damp air and little wind shear. In the "
        "northern hemisphere the right-hand side of its path is the dangerous half, for wind and "
        "travel add up.",
    ),
    (
        "Hail",
        "Hail grows in strong updraughts where drops freeze and gather layers of ice until the wind "
        "can no longer hold them up.",
    ),
    (
        "Lightning distance",
        "Sound needs about three seconds for a kilometre. Count from the flash to the thunder and "
        "divide by three to get kilometres; thirty seconds or less is too near to stay outside.",
    ),
)  # fmt: skip


def drafts() -> Iterator[Draft]:
    yield from (Draft(title, text) for title, text in _NOTES)
    for force in _BEAUFORT:
        yield from _force(*force)
    for cloud in _CLOUDS:
        yield from _cloud(*cloud)
    for celsius in range(5, -36, -5):
        for wind_kmh in range(10, 71, 10):
            yield _wind_chill(celsius, wind_kmh)
    for celsius in range(-5, 41, 5):
        for humidity in range(20, 101, 10):
            yield _dew_point(celsius, humidity)
    for height_m in range(0, 6001, 250):
        yield _pressure(height_m)


def _force(number: int, name: str, low_ms: float, high_ms: float, sea: str, land: str) -> Iterator[Draft]:
    knots = (low_ms * 3.6 / 1.852, high_ms * 3.6 / 1.852)
    yield Draft(
        f"Beaufort force {number}, {name}",
        f"Force {number} on the Beaufort scale is called {name}. The wind blows from {low_ms:.1f} to "
        f"{high_ms:.1f} metres per second, that is {knots[0]:.0f} to {knots[1]:.0f} knots.",
    )
    yield Draft(
        f"The sea at Beaufort force {number}",
        f"At force {number}, {name}, {sea}. A watch officer reads the wind from the sea when no "
        "instrument is at hand.",
    )
    yield Draft(
        f"On land at Beaufort force {number}",
        f"On land a wind of force {number}, {name}, is known by this sign: {land}.",
    )


def _cloud(name: str, base_m: int, look: str, sign: str, rain: str) -> Iterator[Draft]:
    yield Draft(
        f"What {name} clouds look like",
        f"The cloud called {name} shows {look}. Its base is near {base_m:,} m.",
    )
    yield Draft(f"What {name} clouds announce", f"Clouds of the kind {name} are a sign of {sign}.")
    yield Draft(
        f"Rain from {name}", f"From {name} one expects {rain}. The base lies at about {base_m:,} metres."
    )


def _wind_chill(celsius: int, wind_kmh: int) -> Draft:
    power = wind_kmh**0.16  # the formula of 2001 used in North America and Britain
    felt = 13.12 + 0.6215 * celsius - 11.37 * power + 0.3965 * celsius * power
    risk = "Bare skin can freeze within half an hour." if felt < -27 else "Frostbite is unlikely."
    return Draft(
        f"Wind chill at {celsius} degrees and {wind_kmh} km/h",
        f"Air of {celsius} degrees Celsius with a wind of {wind_kmh} kilometres per hour feels like "
        f"{felt:.0f} degrees on bare skin. {risk} Wind chill matters to people, not to engines: no "
        "object gets colder than the air.",
    )


def _dew_point(celsius: int, humidity: int) -> Draft:
    gamma = math.log(humidity / 100) + 17.62 * celsius / (243.12 + celsius)  # Magnus, over water
    dew = 243.12 * gamma / (17.62 - gamma)
    spread = max(0.0, celsius - dew)
    return Draft(
        f"Dew point at {celsius} degrees and {humidity} percent humidity",
        f"Air of {celsius} degrees with a relative humidity of {humidity} percent has its dew point at "
        f"{dew:.1f} degrees. Cooled by {spread:.1f} degrees it forms dew or fog, and cloud would start "
        f"near {spread * 125:,.0f} metres.",
    )


def _pressure(height_m: int) -> Draft:
    hectopascal = 1013.25 * (1 - 2.25577e-5 * height_m) ** 5.25588
    return Draft(
        f"Air pressure at {height_m:,} m",
        f"In the standard atmosphere the air pressure at {height_m:,} metres is {hectopascal:.0f} "
        f"hectopascals, {hectopascal / 10.1325:.0f} percent of that at sea level, and the air there has "
        f"{15 - 6.5 * height_m / 1000:.1f} degrees Celsius.",
    )
