"""The text of an answer as bytes."""

from collections.abc import Sequence


def answer_bytes(parts: Sequence[str]) -> bytes:
    """The parts together, in UTF-8.

    JSON may hold half a character as an escape, and its other half in the next event.
    """
    text = "".join(parts)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
