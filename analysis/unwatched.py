"""What the sidecar was asked to watch and could not read."""

from collections import Counter
from collections.abc import Iterable

from analysis.sample import Sample, SampleSource

_AT_START = 1
"""Samples without a part that need no mention: the first comes before any answer can be there."""


def unwatched_parts(samples: Iterable[Sample]) -> tuple[str, ...]:
    """One phrase for each part that was missing from two samples or more, with its most frequent reason."""
    total = 0
    reasons: dict[str, Counter[str]] = {}
    for sample in samples:
        if sample["source"] != SampleSource.SIDECAR:
            continue
        total += 1
        missing = sample.get("missing")
        for part, reason in missing.items() if isinstance(missing, dict) else ():
            if "." not in part:  # with one it is a single series, such as a query without an answer
                reasons.setdefault(part, Counter())[str(reason)] += 1
    phrases: list[str] = []
    for part, counter in sorted(reasons.items()):
        count = counter.total()
        if count > _AT_START:
            share = "" if count == total else f", in {count} of {total} samples"
            phrases.append(f"{part}: {counter.most_common(1)[0][0]}{share}")
    return tuple(phrases)
