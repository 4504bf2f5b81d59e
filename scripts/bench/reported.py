"""The percentiles that a load generator reports of its own run, out of what it prints."""

import re
from collections.abc import Callable, Iterator, Mapping

from scripts.bench.window import BenchError
from scripts.truth.log import PERCENTS

_LINE = re.compile(r"^(p\d+) ([\d.]+)$", re.M)
_HEY = re.compile(r"^\s*(\d+)%+ in ([\d.]+) secs$", re.M)
_LOCUST_HEAD = re.compile(r"^Type\s+Name\s+50%.*$", re.M)


def reported_ms(name: str, output: str) -> dict[str, float]:
    """By percentile, in the grain of the tool's own report; raises BenchError when it said none."""
    found = dict(_READERS[name](output))
    if missing := [percent for percent in PERCENTS if percent not in found]:
        raise BenchError(f"{name} did not report {', '.join(missing)}")
    return {percent: found[percent] for percent in PERCENTS}


def _lines(output: str) -> Iterator[tuple[str, float]]:
    for percent, value in _LINE.findall(output):
        yield percent, float(value)


def _hey(output: str) -> Iterator[tuple[str, float]]:
    for percent, seconds in _HEY.findall(output):
        yield f"p{percent}", float(seconds) * 1000


def _locust(output: str) -> Iterator[tuple[str, float]]:
    """The table of percentiles: in its last row all requests together."""
    head = _LOCUST_HEAD.search(output)
    if head is None:
        return
    names = [word for word in head[0].split() if word.endswith("%")]
    for line in output[head.end() :].splitlines():
        words = line.split()
        if words[:1] == ["Aggregated"]:
            for name, word in zip(names, words[1:], strict=False):
                yield f"p{name.removesuffix('%')}", float(word)


_READERS: Mapping[str, Callable[[str], Iterator[tuple[str, float]]]] = {
    "wrk": _lines,
    "k6": _lines,
    "hey": _hey,
    "fasthttpuser": _locust,
}
