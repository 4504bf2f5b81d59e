"""Passages on navigation: terms of the chart room, and distances and courses between ports."""

import math
from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

PORTS: tuple[tuple[str, float, float], ...] = (
    ("Rotterdam", 51.95, 4.14),
    ("Hamburg", 53.55, 9.99),
    ("Lisbon", 38.72, -9.14),
    ("Reykjavik", 64.15, -21.94),
    ("Piraeus", 37.94, 23.64),
    ("Istanbul", 41.01, 28.98),
    ("Lagos", 6.45, 3.39),
    ("Cape Town", -33.92, 18.42),
    ("Mombasa", -4.04, 39.66),
    ("Mumbai", 18.95, 72.84),
    ("Colombo", 6.94, 79.84),
    ("Singapore", 1.26, 103.84),
    ("Hong Kong", 22.30, 114.17),
    ("Yokohama", 35.44, 139.64),
    ("Sydney", -33.86, 151.21),
    ("Auckland", -36.84, 174.77),
    ("Honolulu", 21.31, -157.87),
    ("Vancouver", 49.29, -123.11),
    ("San Francisco", 37.80, -122.40),
    ("Valparaiso", -33.04, -71.63),
    ("Santos", -23.96, -46.33),
    ("Havana", 23.14, -82.35),
    ("New York", 40.68, -74.02),
    ("Halifax", 44.64, -63.57),
)
_SPEED_KN = 14.0
_TERMS = (
    (
        "Great circle and rhumb line",
        "A great circle is the shortest way on a sphere, but its course changes all the time. A rhumb "
        "line keeps one course and is a straight line on a Mercator chart; over short distances the "
        "difference is small.",
    ),
    (
        "The nautical mile",
        "A nautical mile is 1,852 metres, close to one minute of arc along a meridian. A knot is one "
        "nautical mile per hour, so latitude on the chart's edge serves as a scale of distance.",
    ),
    (
        "Dead reckoning",
        "Dead reckoning finds the position from course, speed and time since the last fix. Errors grow "
        "with time because current and leeway are only guessed.",
    ),
    (
        "Variation and deviation",
        "Variation is the angle between true and magnetic north at a place. Deviation is what the "
        "ship's own iron adds. Both must be applied to turn a compass course into a true one.",
    ),
    (
        "The sextant",
        "A sextant measures the angle between the horizon and a star or the sun. With the exact time "
        "and an almanac each sight gives a line of position, and two lines give a fix.",
    ),
    (
        "Longitude and time",
        "The earth turns fifteen degrees in an hour. A clock that keeps the time of a known meridian "
        "therefore gives the longitude: four minutes of time are one degree.",
    ),
    (
        "Buoys of the lateral system",
        "In region A, which includes Europe, red is left to port when coming from the sea and green to "
        "starboard. In region B, the Americas and Japan among them, it is the other way round.",
    ),
    (
        "Cardinal marks",
        "Cardinal marks tell on which side the safe water lies. The north mark has two cones pointing "
        "up, the south mark two pointing down, and a light that flashes like the hours of a clock.",
    ),
    (
        "Rules for crossing ships",
        "When two power-driven ships cross with risk of collision, the one that has the other on her "
        "own starboard side keeps out of the way and should not pass ahead of her.",
    ),
    (
        "Fog signals",
        "A power-driven ship under way sounds one long blast at least every two minutes in fog; "
        "stopped, she sounds two. A ship at anchor rings a bell.",
    ),
    (
        "Squat in shallow water",
        "A ship that moves in shallow water sinks deeper and changes her trim. Squat grows with about "
        "the square of the speed, so slowing down gives water under the keel.",
    ),
    (
        "Tides: springs and neaps",
        "Near new and full moon sun and moon pull in line and the tides are large, which is called "
        "springs. At the quarters they work across each other and the tides are small, called neaps.",
    ),
    (
        "The rule of twelfths",
        "In the six hours of a rising tide the water climbs one, two, three, three, two and one "
        "twelfths of the range. Half of the rise falls into the two middle hours.",
    ),
    (
        "Traffic separation",
        "In a separation scheme each lane has its direction. Ships cross at right angles with their "
        "heading, and small craft keep clear of those that follow the lane.",
    ),
)  # fmt: skip


def drafts() -> Iterator[Draft]:
    yield from (Draft(title, text) for title, text in _TERMS)
    for height_m in range(2, 62, 2):
        yield _horizon(height_m)
    for index, start in enumerate(PORTS):
        for end in PORTS[index + 1 :]:
            yield _leg(start, end)


def great_circle_nm(start: tuple[str, float, float], end: tuple[str, float, float]) -> float:
    """Haversine; one minute of arc is one nautical mile."""
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*start[1:], *end[1:]))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return math.degrees(2 * math.asin(math.sqrt(half))) * 60


def initial_course_deg(start: tuple[str, float, float], end: tuple[str, float, float]) -> float:
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*start[1:], *end[1:]))
    east = math.sin(lon2 - lon1) * math.cos(lat2)
    north = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return math.degrees(math.atan2(east, north)) % 360


def _leg(start: tuple[str, float, float], end: tuple[str, float, float]) -> Draft:
    distance_nm = great_circle_nm(start, end)
    days = distance_nm / _SPEED_KN / 24
    text = (
        f"The great-circle distance between {start[0]} and {end[0]} is {distance_nm:,.0f} nautical miles. "
        f"A ship that leaves {start[0]} first steers {initial_course_deg(start, end):03.0f} degrees, and one "
        f"that leaves {end[0]} first steers {initial_course_deg(end, start):03.0f} degrees. At "
        f"{_SPEED_KN:.0f} knots the arc takes {days:.1f} days; land in the way makes the voyage longer."
    )
    return Draft(f"Distance from {start[0]} to {end[0]}", text)


def _horizon(height_m: int) -> Draft:
    distance_nm = 2.08 * math.sqrt(height_m)
    return Draft(
        f"Distance to the horizon from {height_m} m",
        f"From an eye height of {height_m} metres the sea horizon is {distance_nm:.1f} nautical miles "
        f"away. A light of 30 metres shows at up to {distance_nm + 2.08 * math.sqrt(30):.1f} miles if "
        "it is bright enough.",
    )
