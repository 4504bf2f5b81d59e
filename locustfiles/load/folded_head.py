"""Folded header lines, which llhttp refuses and RFC 9112 (5.2) tells user agents to accept."""

import re

_END_OF_HEAD = b"\r\n\r\n"
_FOLD = re.compile(rb"[ \t]*+(?<!\r\n)\r\n[ \t]++")  # white space after an empty line is body
_AFTER_STATUS_LINE = re.compile(rb"(?:\A|\n)HTTP/[^\n]*+\n[ \t]")


def unfolded(lines: bytes) -> bytes | None:
    """Received bytes with the folded lines of their first folded head joined; None when there are none.

    A line that follows the status line and begins with white space continues no field (2.2).
    """
    first = _FOLD.search(lines)
    if first is None:
        return None
    end = lines.find(_END_OF_HEAD, first.start())
    if end < 0:
        end = len(lines)
    if _AFTER_STATUS_LINE.search(lines, 0, end):
        return None
    return _FOLD.sub(b" ", lines[:end]) + lines[end:]
