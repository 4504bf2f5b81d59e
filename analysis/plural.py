"""Numbers of things in sentences."""


def plural(count: int, thing: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
