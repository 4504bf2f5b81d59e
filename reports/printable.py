"""Text from outside, made safe to show: no character that breaks XML, a terminal or the reading order."""

import re

_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters; XML 1.0 has no way to write most of them
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the reading order around
    "\ud800-\udfff\ufffe\uffff]"  # half characters, which UTF-8 cannot carry
)


def printable(text: str) -> str:
    return _UNSHOWABLE.sub("\ufffd", text)


def one_line(text: str, limit: int = 300) -> str:
    """Whitespace runs become one space; a longer text ends in an ellipsis."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
