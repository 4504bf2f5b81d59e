"""Passages on cooking: measures, temperatures, doughs and dishes."""

from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

_CUPS = (
    ("wheat flour", 125), ("rye flour", 102), ("white sugar", 200), ("brown sugar", 213), ("icing sugar",
     120),
    ("butter", 227), ("olive oil", 216), ("honey", 340), ("milk", 245), ("cream", 240), ("rolled oats", 90),
    ("white rice", 185), ("red lentils", 192), ("cocoa powder", 85), ("ground almonds", 96),
     ("breadcrumbs", 108),
)  # fmt: skip
_SAFE = (
    ("chicken", 74, "no pink near the bone"), ("turkey", 74, "the thigh is the last part to get there"),
    ("minced beef", 71, "bacteria are mixed through it"), ("beef steak", 54,
     "that is medium rare, after a rest"),
    ("pork loin", 63, "with three minutes of rest"), ("lamb leg", 57, "for a rosy centre"),
    ("salmon", 50, "it flakes and stays moist"), ("cod", 55, "it turns opaque"),
    ("custard", 82, "it coats a spoon; at 85 it curdles"), ("bread", 94, "the crumb is set"),
    ("caramel", 170, "amber, and seconds from burnt"), ("jam", 105, "it sets on a cold plate"),
)  # fmt: skip
_DISHES = (
    ("ratatouille", "France", "aubergine, courgette, pepper and tomato", 50,
     "fry each vegetable alone first"),
    ("risotto", "Italy", "short-grain rice, stock, wine and cheese", 20, "add hot stock ladle by ladle"),
    ("paella", "Spain", "rice, saffron, beans and rabbit or shellfish", 35,
     "do not stir once the rice is in"),
    ("borscht", "Ukraine", "beetroot, cabbage, stock and sour cream", 90, "a little vinegar keeps it red"),
    ("goulash", "Hungary", "beef, as much onion as beef, and paprika", 150,
     "take the pan off the heat for paprika"),
    ("pierogi", "Poland", "dough pockets of potato and curd", 60, "seal the edges without air inside"),
    ("moussaka", "Greece", "aubergine, minced lamb and white sauce", 100, "salt the aubergine and press it"),
    ("hummus", "the Levant", "chickpeas, sesame paste, lemon and garlic", 15,
     "ice water makes it pale and light"),
    ("tagine", "Morocco", "lamb, apricots, almonds and spices", 130, "a low heat and a closed lid"),
    ("jollof rice", "West Africa", "rice, tomato, pepper and onion", 55, "let the bottom catch a little"),
    ("injera", "Ethiopia", "fermented teff batter", 30, "bake one side only and cover it"),
    ("dal", "India", "lentils, turmeric and fried spices", 40, "pour the hot spiced butter on at the end"),
    ("biryani", "India", "layered rice and marinated meat", 90, "seal the pot with dough"),
    ("pad thai", "Thailand", "rice noodles, tamarind, egg and peanuts", 20,
     "soak the noodles, do not boil them"),
    ("pho", "Vietnam", "beef broth, rice noodles and herbs", 360, "char the ginger and the onion"),
    ("mapo tofu", "China", "soft tofu, minced pork and bean paste", 25,
     "simmer the tofu in salted water first"),
    ("dumplings", "China", "thin dough, cabbage and pork", 70, "squeeze the water out of the cabbage"),
    ("ramen", "Japan", "wheat noodles, broth and seasoning", 480,
     "put the seasoning in the bowl, not in the pot"),
    ("sushi rice", "Japan", "short rice, vinegar, sugar and salt", 45,
     "fan it while you fold in the vinegar"),
    ("kimchi", "Korea", "cabbage, chilli, garlic and fish sauce", 4320, "leave it two or three days to sour"),
    ("ceviche", "Peru", "raw fish, lime, onion and chilli", 15, "serve it as soon as the fish turns white"),
    ("feijoada", "Brazil", "black beans and salted pork", 200, "soak beans and meat overnight"),
    ("mole", "Mexico", "dried chillies, nuts, seeds and chocolate", 150,
     "toast each chilli briefly, never black"),
    ("tortillas", "Mexico", "maize dough", 30, "rest the dough and use a very hot plate"),
    ("gumbo", "Louisiana", "dark roux, okra, sausage and prawns", 140,
     "stir the roux until it is like chocolate"),
    ("clam chowder", "New England", "clams, potatoes, bacon and milk", 45, "never let the milk boil"),
    ("shepherd's pie", "Britain", "minced lamb under mashed potato", 75, "rough the top up with a fork"),
    ("soda bread", "Ireland", "flour, buttermilk and bicarbonate", 50,
     "handle the dough as little as you can"),
    ("fondue", "Switzerland", "mountain cheese, white wine and kirsch", 25, "stir in figures of eight"),
    ("gravlax", "Sweden", "salmon cured in salt, sugar and dill", 2880, "turn it twice a day"),
)  # fmt: skip
_ASPECTS = (
    ("What goes into {dish}", "The dish {dish} comes from {home}. It is made of {parts}."),
    (
        "How long {dish} takes",
        "Plan {time} for {dish}, from the first cut to the table. The dish comes from {home}.",
    ),
    ("A tip for {dish}", "Cooks who make {dish} often give this advice: {tip}. The rest is {parts}."),
)


def drafts() -> Iterator[Draft]:
    for name, grams in _CUPS:
        for cups in (0.25, 0.5, 1.0, 2.0):
            yield _measure(name, grams, cups)
    for name, celsius, remark in _SAFE:
        yield Draft(
            f"Core temperature of {name}",
            f"{name.capitalize()} is done at a core temperature of {celsius} degrees Celsius "
            f"({celsius * 1.8 + 32:.0f} Fahrenheit): {remark}. Measure in the thickest part, away from "
            "bone.",
        )
    for dish, home, parts, minutes, tip in _DISHES:
        for title, text in _ASPECTS:
            yield Draft(
                title.format(dish=dish),
                text.format(dish=dish, home=home, parts=parts, time=_time(minutes), tip=tip),
            )
    for celsius in range(110, 261, 10):
        yield _oven(celsius)
    for height_m in range(0, 5001, 250):
        yield _boiling(height_m)
    for flour_g in (250, 400, 500, 750, 1000):
        for hydration in range(58, 87, 4):
            yield _dough(flour_g, hydration)
    for litres in (0.5, 1, 2, 5, 10):
        for percent in (2, 3, 5, 8, 10):
            yield _brine(litres, percent)


def _measure(name: str, grams: int, cups: float) -> Draft:
    return Draft(
        f"{cups:g} cups of {name} in grams",
        f"A measure of {cups:g} American cups of {name} weighs about {grams * cups:.0f} grams; one "
        f"tablespoon weighs {grams / 16:.0f} grams. Weighing {name} is safer, since a packed cup holds "
        "more than a loose one.",
    )


def _oven(celsius: int) -> Draft:
    words = {True: "a cool oven for drying and meringue", False: "a moderate oven for cakes and roasts"}[
        celsius < 150
    ]
    if celsius >= 200:
        words = "a hot oven for bread and pastry" if celsius < 230 else "a very hot oven for pizza"
    return Draft(
        f"Oven at {celsius} degrees Celsius",
        f"An oven of {celsius} degrees Celsius is {celsius * 1.8 + 32:.0f} degrees Fahrenheit, {words}. "
        f"With a fan set it {20} degrees lower, to {celsius - 20}.",
    )


def _boiling(height_m: int) -> Draft:
    boiling = 100 - height_m / 300 * 1.0
    return Draft(
        f"Boiling point of water at {height_m:,} m",
        f"At {height_m:,} metres above the sea water boils at about {boiling:.1f} degrees Celsius. "
        "Pasta and beans take longer up there, while a pressure cooker brings the temperature back.",
    )


def _dough(flour_g: int, hydration: int) -> Draft:
    feel = "firm, easy to shape" if hydration < 66 else "soft and elastic"
    if hydration > 75:
        feel = "wet and open; fold it instead of kneading"
    return Draft(
        f"Bread dough of {flour_g} g flour at {hydration} percent hydration",
        f"A bread dough of {flour_g} grams of flour at {hydration} percent hydration takes "
        f"{flour_g * hydration / 100:.0f} grams of water and {flour_g * 0.02:.0f} grams of salt. It "
        f"feels {feel}. With 20 percent sourdough starter add {flour_g * 0.2:.0f} grams of it.",
    )


def _brine(litres: float, percent: int) -> Draft:
    use = {2: "sauerkraut", 3: "cucumbers", 5: "poultry overnight", 8: "a quick brine for pork", 10: "feta"}[
        percent
    ]
    return Draft(
        f"A {percent} percent brine from {litres:g} litres of water",
        f"For a brine of {percent} percent dissolve {litres * 10 * percent:.0f} grams of salt in "
        f"{litres:g} litres of water. This strength suits {use}. Let it cool before food goes in.",
    )


def _time(minutes: int) -> str:
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{minutes / 60:g} hours" if minutes < 2880 else f"{minutes / 1440:g} days"
