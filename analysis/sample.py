"""A sample: one reading of the sidecar, or of a load-generating process about itself, as a JSON object."""

import json
import math
from enum import StrEnum
from typing import Any, NoReturn

Sample = dict[str, Any]
"""Whole objects as they came; `t_utc_ns` and `source` are always there, any other part may be missing."""


class SampleSource(StrEnum):
    """Who took a sample."""

    SIDECAR = "sidecar"
    GENERATOR = "generator"


def parse_sample(line: bytes) -> Sample:
    """Read a line; `ValueError` when it is no sample. One that does not name its source is the sidecar's."""
    match json.loads(line, parse_constant=_refuse, parse_float=_finite):
        case {"t_utc_ns": int()} as sample:
            source = SampleSource(sample.get("source", SampleSource.SIDECAR))
            return {**sample, "source": source.value}
    raise ValueError("a JSON object with t_utc_ns in whole nanoseconds was wanted")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"a finite number was wanted, found {constant}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number
