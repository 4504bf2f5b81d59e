"""Passages on distances and courses between ports, by great circle on a sphere."""

import math
from collections.abc import Iterator

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


def drafts() -> Iterator[tuple[str, str]]:
    """Titles and texts."""
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


def _leg(start: tuple[str, float, float], end: tuple[str, float, float]) -> tuple[str, str]:
    distance_nm = great_circle_nm(start, end)
    days = distance_nm / _SPEED_KN / 24
    text = (
        f"The great-circle distance between {start[0]} and {end[0]} is {distance_nm:,.0f} nautical miles. "
        f"A ship that leaves {start[0]} first steers {initial_course_deg(start, end):03.0f} degrees, and one "
        f"that leaves {end[0]} first steers {initial_course_deg(end, start):03.0f} degrees. At "
        f"{_SPEED_KN:.0f} knots the arc takes {days:.1f} days; land in the way makes the voyage longer."
    )
    return f"Distance from {start[0]} to {end[0]}", text
