"""JSON with one spelling for one value: sorted keys and six significant digits, to diff and to hash."""

import hashlib
import json
import math
from collections.abc import Mapping

SIGNIFICANT_DIGITS = 6


def rounded(value: object) -> object:
    """The same JSON value with every float cut to six significant digits; integers stay whole.

    A float that is not finite has no JSON spelling and raises ValueError.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be written as JSON")
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # no -0.0
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def canonical_text(value: object) -> str:
    """Indented, for files that people review; ends with a newline."""
    return json.dumps(rounded(value), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def canonical_sha256(value: object) -> str:
    """Hash of the compact spelling, so that indentation does not matter."""
    text = json.dumps(
        rounded(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
