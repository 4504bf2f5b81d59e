"""Passages on plants: sowing, water, light, spacing, pests and harvest."""

from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

_PLANTS = (
    ("tomato", "nightshade", "March under glass", 1, 50, "full sun", "deep water at the foot", "blight",
     "July"),
    ("potato", "nightshade", "April", 10, 35, "full sun", "steady water while tubers form",
     "Colorado beetle", "August"),
    ("sweet pepper", "nightshade", "February under glass", 1, 45, "full sun", "even moisture", "aphids",
     "August"),
    ("aubergine", "nightshade", "February under glass", 1, 60, "full sun", "plenty of water",
     "spider mites", "August"),
    ("cucumber", "gourd", "May", 2, 60, "sun out of the wind", "daily water", "mildew", "July"),
    ("courgette", "gourd", "May", 3, 90, "full sun", "a lot of water", "slugs", "July"),
    ("pumpkin", "gourd", "May", 3, 150, "full sun", "a lot of water", "mildew", "October"),
    ("melon", "gourd", "April under glass", 2, 100, "full sun and warmth", "less water as fruit ripens",
     "mites", "August"),
    ("carrot", "umbel", "March to June", 1, 5, "sun or light shade", "water before the soil cracks",
     "carrot fly", "July"),
    ("parsnip", "umbel", "March", 2, 15, "sun", "little water", "canker", "November"),
    ("celery", "umbel", "March under glass", 0, 30, "sun or light shade", "never dry", "slugs", "September"),
    ("parsley", "umbel", "March", 1, 20, "half shade", "moist soil", "carrot fly", "June"),
    ("dill", "umbel", "April", 1, 25, "sun", "moderate water", "aphids", "June"),
    ("coriander", "umbel", "April", 1, 20, "half shade in summer", "regular water, or it bolts", "aphids",
     "June"),
    ("cabbage", "brassica", "March", 1, 50, "sun", "steady water", "cabbage white", "September"),
    ("broccoli", "brassica", "April", 1, 50, "sun", "steady water", "flea beetle", "July"),
    ("kale", "brassica", "May", 1, 50, "sun or half shade", "moderate water", "whitefly", "November"),
    ("radish", "brassica", "March to August", 1, 4, "sun or half shade", "water often and little",
     "flea beetle", "May"),
    ("turnip", "brassica", "April", 1, 12, "sun", "moderate water", "cabbage root fly", "June"),
    ("lettuce", "daisy", "March to July", 0, 25, "half shade in heat", "moist soil", "slugs", "June"),
    ("sunflower", "daisy", "April", 3, 40, "full sun", "deep water now and then", "birds", "September"),
    ("artichoke", "daisy", "March under glass", 2, 100, "full sun", "moderate water", "aphids", "June"),
    ("chamomile", "daisy", "April", 0, 20, "sun", "little water", "aphids", "June"),
    ("onion", "allium", "March", 1, 10, "full sun", "none once the tops fall", "onion fly", "August"),
    ("garlic", "allium", "October", 5, 15, "full sun", "little water", "rust", "July"),
    ("leek", "allium", "March", 1, 15, "sun", "steady water", "leek moth", "October"),
    ("chives", "allium", "April", 1, 20, "sun or half shade", "moist soil", "rust", "May"),
    ("pea", "legume", "March", 4, 5, "sun", "water when in flower", "pea moth", "June"),
    ("runner bean", "legume", "May", 5, 20, "sun", "water when in flower", "slugs", "July"),
    ("broad bean", "legume", "February", 5, 20, "sun", "moderate water", "black aphids", "June"),
    ("lentil", "legume", "April", 3, 5, "full sun", "little water", "weevils", "August"),
    ("maize", "grass", "May", 4, 30, "full sun", "water when in flower", "corn borer", "August"),
    ("wheat", "grass", "October", 4, 2, "full sun", "rain is enough", "rust", "July"),
    ("spinach", "amaranth", "March or August", 2, 8, "half shade", "moist soil", "leaf miner", "May"),
    ("beetroot", "amaranth", "April", 2, 10, "sun", "even water", "leaf miner", "July"),
    ("chard", "amaranth", "April", 2, 30, "sun or half shade", "even water", "slugs", "July"),
    ("basil", "mint", "April under glass", 0, 20, "full sun", "water from below", "slugs", "June"),
    ("thyme", "mint", "April", 0, 25, "full sun", "hardly any water", "root rot", "June"),
    ("sage", "mint", "April", 1, 45, "full sun", "little water", "leafhoppers", "June"),
    ("lavender", "mint", "March under glass", 0, 40, "full sun", "little water", "spittlebugs", "July"),
    ("strawberry", "rose", "August, as young plants", 1, 30, "sun", "water at the foot", "grey mould",
     "June"),
    ("raspberry", "rose", "November, as canes", 5, 45, "sun or half shade", "mulched, moist soil",
     "beetles", "July"),
    ("apple", "rose", "November, as a tree", 40, 400, "full sun", "water in the first years",
     "codling moth", "September"),
    ("rhubarb", "dock", "October, as a crown", 5, 100, "half shade", "rich, moist soil", "crown rot",
     "April"),
    ("asparagus", "lily kin", "April, as crowns", 15, 40, "full sun", "moderate water", "asparagus beetle",
     "May"),
)  # fmt: skip
_FAMILIES = {
    "nightshade": "heavy feeders that should not follow each other on one bed for four years",
    "gourd": "lovers of warmth that like compost and dislike the cold of May nights",
    "umbel": "plants with slow seeds whose flowers feed hoverflies",
    "brassica": "heavy feeders that want lime and a net against butterflies",
    "daisy": "easy plants whose flowers draw bees",
    "allium": "light feeders whose smell is said to keep flies off carrots",
    "legume": "plants whose roots gather nitrogen from the air, so leave the roots in",
    "grass": "grains that the wind pollinates, best grown in blocks",
    "amaranth": "leafy plants that bolt in heat",
    "mint": "herbs that grow poor and fragrant on stony ground",
    "rose": "fruit that needs pruning to bear well",
    "dock": "sour leaves and stalks that live long on one spot",
    "lily kin": "plants that take years before the first harvest",
}


def drafts() -> Iterator[Draft]:
    for plant in _PLANTS:
        yield from _plant(*plant)
    for family, nature in _FAMILIES.items():
        members = ", ".join(plant[0] for plant in _PLANTS if plant[1] == family)
        yield Draft(
            f"The {family} family in the garden",
            f"To the {family} family belong {members}. They are {nature}.",
        )


def _plant(
    name: str,
    family: str,
    sowing: str,
    depth_cm: int,
    gap_cm: int,
    light: str,
    water: str,
    pest: str,
    harvest: str,
) -> Iterator[Draft]:
    depth = f"{depth_cm} centimetres deep" if depth_cm else "on the surface, hardly covered"
    yield Draft(
        f"When to sow or plant {name}",
        f"The time for {name} is {sowing}. It goes into the ground {depth}. In a cold spring wait two "
        "weeks longer.",
    )
    yield Draft(
        f"Spacing of {name}",
        f"Give {name} {gap_cm} centimetres between plants. Crowded {name} stays small and damp leaves "
        f"invite disease; a square metre holds about {max(1, round(10_000 / gap_cm**2))}.",
    )
    yield Draft(
        f"Light and water for {name}",
        f"For {name} choose {light} and give {water}. Mulch keeps the ground cool and saves half the "
        "watering.",
    )
    yield Draft(
        f"Pests and diseases of {name}",
        f"The usual enemy of {name} is {pest}. Rotate the beds, look under the leaves twice a week, and "
        f"remove what is attacked. As a member of the {family} family it shares its enemies with its "
        "kin.",
    )
    yield Draft(
        f"Harvest of {name}",
        f"The harvest of {name} begins in {harvest}, when it was set out in {sowing}. Pick in the cool "
        "of the morning.",
    )
