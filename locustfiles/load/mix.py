"""Which endpoints a run asks, after the tags."""

from collections.abc import Mapping


def tagged_mix(mix: Mapping[str, float], options: object) -> dict[str, float]:
    """The part of a mix that `--tags` and `--exclude-tags` leave; an endpoint's tag is its name."""
    tags = frozenset(getattr(options, "tags", None) or ())
    excluded = frozenset(getattr(options, "exclude_tags", None) or ())
    return {
        name: weight for name, weight in mix.items() if (not tags or name in tags) and name not in excluded
    }
