"""Numbers as people read them: three significant digits, the unit beside them, absent values as a dash."""

import math
from dataclasses import dataclass

ABSENT = "\u2013"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"

_STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "us": ((1e6, "s"), (1e3, "ms"), (1.0, "µs")),
    "bytes": ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    "bytes/s": ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s")),
    "ratio": ((0.01, "%"),),
    "percent": ((1.0, "%"),),
    "1/s": ((1.0, "/s"),),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit for people: value / `divisor` is shown with `symbol`."""

    divisor: float
    symbol: str

    def number(self, value: float | None, digits: int = 3) -> str:
        return ABSENT if value is None else three_digits(value / self.divisor, digits)

    def text(self, value: float | None, digits: int = 3) -> str:
        if value is None:
            return ABSENT
        return f"{self.number(value, digits)}{self._gap}{self.symbol}"

    @property
    def _gap(self) -> str:
        return "" if self.symbol.startswith("/") or not self.symbol else NARROW_SPACE


def scale_for(unit: str, magnitude: float | None) -> Scale:
    """The largest unit in which `magnitude` is at least 1; unknown units are shown as they are."""
    steps = _STEPS.get(unit)
    if steps is None:
        return Scale(1.0, unit)
    size = abs(magnitude or 0.0)
    for divisor, symbol in steps:
        # 999.6 µs would be printed as 1000 µs, so the step is taken where rounding reaches it.
        if size >= divisor * 0.9995:
            return Scale(divisor, symbol)
    smallest = steps[-1]
    return Scale(*smallest)


def quantity(value: float | None, unit: str) -> str:
    return scale_for(unit, value).text(value)


def unequal(value: float | None, limit: float, unit: str) -> tuple[str, str]:
    """A value and its limit, with more digits than three where those would hide that they differ."""
    scale = scale_for(unit, limit)
    if value is None:
        return ABSENT, scale.text(limit)
    for digits in range(3, 8):
        if value == limit or scale.text(value, digits) != scale.text(limit, digits):
            break
    own = scale_for(unit, value) if digits == 3 else scale
    return own.text(value, digits), scale.text(limit)


def three_digits(value: float, digits: int = 3) -> str:
    """Significant digits without an exponent, for anything from a thousandth to a billion."""
    if not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    size = abs(rounded)
    if size >= 1e9 or size < 1e-4:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return _grouped(f"{rounded:.{decimals}f}")


def tick(value: float) -> str:
    """A number at an axis: round by itself, so without zeros behind the point; large ones as 150M."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= factor:
            divisor = 1e3 if letter == "k" else factor
            return _without_zeros(three_digits(value / divisor)) + letter
    return _without_zeros(three_digits(value))


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: int | float | None) -> str:
    """A count, exact, its thousands apart."""
    return ABSENT if value is None else _grouped(f"{value:.0f}")


def change(value: float | None, unit: str, *, signed: bool = True) -> str:
    """A change of a metric: percent of the baseline, or for ratios a difference in percentage points."""
    if value is None:
        return ABSENT
    fine = unit == "ratio" or abs(value) < 0.01
    size = round(abs(value) * 100, 2 if fine else 1)
    sign = "" if size == 0 else MINUS if value < 0 else "+" if signed else ""
    number = f"{size:.2f}" if fine and size else f"{size:.1f}"
    return f"{sign}{number}{NARROW_SPACE}{'points' if unit == 'ratio' else '%'}"


def clock_time(value_s: float) -> str:
    """A place on the run's time axis: 75 is 1:15, 3725 is 1:02:05."""
    sign, total = (MINUS, -value_s) if value_s < 0 else ("", value_s)
    minutes, seconds = divmod(round(total), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{sign}{minutes}:{seconds:02d}"


def stretch(value_s: float | None) -> str:
    """A length of time: 90 is 1 min 30 s."""
    if value_s is None:
        return ABSENT
    if value_s < 60:
        return f"{tick(value_s)}{NARROW_SPACE}s"
    minutes, seconds = divmod(round(value_s), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number}{NARROW_SPACE}{symbol}" for number, symbol in parts if number)


def _grouped(digits: str) -> str:
    sign, digits = (MINUS, digits[1:]) if digits.startswith("-") else ("", digits)
    whole_part, point, rest = digits.partition(".")
    if len(whole_part) > 4:
        whole_part = f"{int(whole_part):,}".replace(",", NARROW_SPACE)
    return f"{sign}{whole_part}{point}{rest}"
