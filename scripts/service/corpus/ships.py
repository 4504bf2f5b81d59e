"""Passages on ships: load lines, draught, stability and speed."""

import math
from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

_MARKS = (
    ("TF", "tropical fresh water", "the deepest of all marks, for fresh water in the tropical zone"),
    (
        "F",
        "fresh water",
        "for fresh water in the summer zone, above the summer mark by the fresh water allowance",
    ),
    (
        "T",
        "tropical",
        "for salt water in the tropical zone, one forty-eighth of the summer draught above summer",
    ),
    ("S", "summer", "the reference mark, level with the line through the load line disc"),
    ("W", "winter", "for the winter zone, one forty-eighth of the summer draught below the summer mark"),
    (
        "WNA",
        "winter North Atlantic",
        "for ships up to 100 metres in the wintry North Atlantic, 50 mm below winter",
    ),
)
_SHIPS = (
    ("bulk carrier", 225.0, 32.2, 14.2, 0.84, "grain, coal or ore in large open holds",
     "cargo that liquefies"),
    ("container ship", 334.0, 42.8, 14.5, 0.66, "boxes stacked in cells and on deck",
     "lost stacks in a heavy roll"),
    ("crude oil tanker", 333.0, 60.0, 20.8, 0.83, "crude oil in segregated tanks",
     "pollution after a grounding"),
    ("product tanker", 183.0, 32.2, 12.2, 0.80, "refined fuels in coated tanks",
     "vapour when tanks are cleaned"),
    ("gas carrier", 288.0, 49.0, 12.4, 0.76, "liquefied gas in insulated tanks",
     "sloshing in half-full tanks"),
    ("general cargo ship", 120.0, 18.2, 7.6, 0.72, "pallets, timber and project loads", "cargo that shifts"),
    ("car carrier", 200.0, 36.5, 10.0, 0.60, "vehicles on a dozen decks",
     "wind on a tall side and fire on deck"),
    ("ferry", 186.0, 27.8, 6.6, 0.58, "cars, lorries and passengers", "water on the vehicle deck"),
    ("trawler", 38.0, 9.6, 4.2, 0.62, "fish in a chilled hold", "gear that snags and pulls her over"),
    ("tug", 32.0, 11.6, 5.0, 0.55, "no cargo; it pushes and tows", "girting by its own towline"),
    ("offshore supply ship", 88.0, 19.0, 6.8, 0.71, "pipes, mud and cement for platforms",
     "seas on a low deck"),
    ("icebreaker", 116.0, 26.0, 8.4, 0.60, "stores for polar stations",
     "ice that builds up on the upper works"),
)  # fmt: skip
_STORIES = (
    (
        "Why the load line exists",
        "In the nineteenth century overloaded and over-insured ships, called coffin ships, were lost "
        "with their crews. Samuel Plimsoll, a member of the British parliament, pressed for a mark "
        "that everybody on the quay could see. The Merchant Shipping Act of 1876 made such a mark "
        "compulsory.",
    ),
    (
        "What the Plimsoll line shows",
        "The Plimsoll line is a disc with a horizontal line through it, on both sides of the hull "
        "amidships. While the line is above the water the ship carries no more than she may. The "
        "letters beside the disc name the authority that assigned the freeboard.",
    ),
    (
        "What freeboard is",
        "Freeboard is the height from the water to the freeboard deck, measured amidships. It is a "
        "reserve: a hull with more freeboard has more buoyancy left when water comes on board, and "
        "rolls further before the deck edge goes under.",
    ),
    (
        "The Load Lines Convention",
        "The International Convention on Load Lines was first signed in 1930 and replaced in 1966. It "
        "divides the oceans into zones and seasonal areas, because a ship may load deeper where the "
        "weather is kind. Ships carry a certificate that states their freeboards.",
    ),
    (
        "Reserve buoyancy",
        "Reserve buoyancy is the watertight volume above the waterline. It decides how much damage a "
        "ship survives, because flooding can only be borne by volume that was dry before.",
    ),
    (
        "Free surface effect",
        "A tank that is partly full lets its liquid run to the low side. This raises the apparent "
        "centre of gravity and takes away stability, most of all when the tank is wide; a lengthwise "
        "bulkhead halves the width and leaves a quarter of the effect.",
    ),
    (
        "Trim and list",
        "Trim is the difference between the draughts forward and aft. List is a lasting heel to one "
        "side that comes from uneven weight, whereas heel in general may come from wind or a turn.",
    ),
    (
        "Bilge, ballast and what they are for",
        "Bilge water gathers at the lowest point and must be pumped out. Ballast water is taken in on "
        "purpose, so that an empty ship sits deep enough for her propeller and her stability.",
    ),
)  # fmt: skip


def drafts() -> Iterator[Draft]:
    yield from (Draft(title, text) for title, text in _STORIES)
    for letters, name, meaning in _MARKS:
        yield Draft(
            f"The load line mark {letters}",
            f"On the load line scale {letters} stands for {name}. It is {meaning}. The upper edge of "
            "the mark is where the water may reach, and loading beyond it is an offence in every port.",
        )
    for ship in _SHIPS:
        yield from _ship(*ship)
    for step in range(8, 41):
        yield _seasonal(step / 2)
    for displacement_t in range(4_000, 84_000, 4_000):
        for per_cm_t in (12.0, 25.0, 45.0):
            yield _fresh_water(displacement_t, per_cm_t)
    for beam_m in (10, 14, 18, 22, 28, 32, 40, 48):
        for gm_m in (0.3, 0.6, 1.0, 1.5, 2.2, 3.0):
            yield _rolling(beam_m, gm_m)
    for length_m in range(6, 126, 5):
        yield _hull_speed(length_m)


def _ship(
    kind: str, length_m: float, beam_m: float, draught_m: float, block: float, cargo: str, danger: str
) -> Iterator[Draft]:
    volume_m3 = length_m * beam_m * draught_m * block
    yield Draft(
        f"What a {kind} carries",
        f"A {kind} carries {cargo}. An example is {length_m:.0f} metres long and {beam_m:.1f} metres wide. "
        f"What her officers fear most is {danger}.",
    )
    yield Draft(
        f"Displacement of a {kind}",
        f"A {kind} of {length_m:.0f} by {beam_m:.1f} metres with a draught of {draught_m:.1f} metres "
        f"and a block coefficient of {block:.2f} has an underwater volume of {volume_m3:,.0f} cubic "
        f"metres. In salt water she displaces {volume_m3 * 1.025:,.0f} tonnes, in fresh water "
        f"{volume_m3:,.0f} tonnes.",
    )
    yield Draft(
        f"Block coefficient of a {kind}",
        f"The block coefficient of a {kind} is about {block:.2f}: the hull fills that share of the box "
        "around its underwater body. "
        f"{'A full form carries much and is slow.' if block > 0.7 else 'A fine form is fast.'}",
    )
    yield Draft(
        f"Tonnes per centimetre of a {kind}",
        f"With a waterplane that fills {block + 0.1:.2f} of its rectangle, a {kind} of {length_m:.0f} "
        f"by {beam_m:.1f} metres needs {length_m * beam_m * (block + 0.1) * 1.025 / 100:.1f} tonnes to "
        "sink by one centimetre in salt water. Cargo officers use this figure to turn a draught survey "
        "into cargo loaded.",
    )


def _seasonal(draught_m: float) -> Draft:
    step_mm = draught_m * 1000 / 48
    return Draft(
        f"Tropical and winter draught for a summer draught of {draught_m:.1f} m",
        f"A ship with a summer draught of {draught_m:.1f} metres may load {step_mm:.0f} mm deeper in "
        f"the tropical zone, to {draught_m + step_mm / 1000:.3f} metres, and must keep {step_mm:.0f} mm "
        f"more freeboard in the winter zone, at most {draught_m - step_mm / 1000:.3f} metres. The rule "
        "is one forty-eighth of the draught.",
    )


def _fresh_water(displacement_t: int, per_cm_t: float) -> Draft:
    allowance_mm = displacement_t / (4 * per_cm_t)
    return Draft(
        f"Fresh water allowance at {displacement_t:,} tonnes and {per_cm_t:.0f} tonnes per centimetre",
        f"The fresh water allowance of a ship that displaces {displacement_t:,} tonnes and needs "
        f"{per_cm_t:.0f} tonnes per centimetre is {allowance_mm:.0f} mm, displacement over four times "
        "the tonnes per centimetre. She may load that much deeper in a river and rises to her marks at "
        f"sea. In dock water of density 1.010 the dock water allowance is {allowance_mm * 15 / 25:.0f} "
        "mm.",
    )


def _rolling(beam_m: int, gm_m: float) -> Draft:
    period_s = 0.8 * beam_m / math.sqrt(gm_m)
    temper = "stiff: she snaps back and strains lashings" if gm_m > 2 else "comfortable"
    if gm_m < 0.5:
        temper = "tender: she is slow to come back and must be watched"
    return Draft(
        f"Rolling period with a beam of {beam_m} m and a metacentric height of {gm_m:.1f} m",
        f"A ship {beam_m} metres wide with a metacentric height of {gm_m:.1f} metres rolls with a "
        f"period of about {period_s:.1f} seconds, 0.8 times the beam over the root of the metacentric "
        f"height. Such a ship is {temper}.",
    )


def _hull_speed(length_m: int) -> Draft:
    speed_kn = 1.34 * math.sqrt(length_m / 0.3048)
    return Draft(
        f"Hull speed for a waterline of {length_m} m",
        f"A displacement hull with a waterline of {length_m} metres has a hull speed near "
        f"{speed_kn:.1f} knots. There the wave that she makes is as long as the hull, and more power "
        "mostly makes a higher wave.",
    )
