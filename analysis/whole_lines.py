"""Reads files of lines that may have been cut anywhere."""

from collections.abc import Callable
from pathlib import Path

_BUFFER_BYTES = 1 << 20


def read_lines(path: Path, take: Callable[[bytes], None]) -> tuple[str, ...]:
    """Hand every whole line, without its end, to `take`, and say what is wrong with the file.

    A last line without its end was cut and is left out, even when it could be read: a number in it may have
    lost digits. Lines for which `take` raises `ValueError` are left out too.
    """
    bad = 0
    first_bad = ""
    damage: list[str] = []
    try:
        with path.open("rb", buffering=_BUFFER_BYTES) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    damage.append(f"{path.name}: the last line, {number}, was cut")
                    break
                try:
                    take(line[:-1])
                except ValueError as error:
                    bad += 1
                    first_bad = first_bad or f"line {number}: {error}"
    except OSError as error:
        return (f"{path.name}: cannot be read: {error.strerror}",)
    if bad:
        damage.insert(
            0, f"{path.name}: {bad} line{'s' if bad > 1 else ''} cannot be read, the first is {first_bad}"
        )
    return tuple(damage)
