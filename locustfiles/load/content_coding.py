"""Content codings: what a service sends compressed because it was asked to, as it was before."""

import zlib
from collections.abc import Collection, Mapping
from typing import Any

from locustfiles.load.violation import ProtocolViolation, too_large

_GZIP, _ZLIB, _RAW = 31, 15, -15
_SAME = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3


class Inflater:
    """Decompresses one body as it comes. Raises `ProtocolViolation` for damage, and beyond the limit."""

    __slots__ = ("_decompressor", "_first", "_is_gzip", "_max_body_bytes", "_room")

    def __init__(self, coding: str, max_body_bytes: int) -> None:
        """`coding` is gzip or deflate."""
        self._is_gzip = coding == "gzip"
        self._max_body_bytes = self._room = max_body_bytes
        self._decompressor: Any = None
        self._first = b""

    def feed(self, data: bytes) -> bytes:
        """Everything that these bytes let out."""
        if self._decompressor is None:
            data = self._first = self._first + data
            if len(data) < 2:
                return b""
            self._decompressor = self._begun(data)
        pieces = []
        while data:
            if self._decompressor.eof:  # gzip files may be strung together
                if not self._is_gzip:
                    raise _damage()
                self._decompressor = zlib.decompressobj(_GZIP)
            pieces.append(self._inflated(data))
            data = self._decompressor.unused_data
        return b"".join(pieces)

    def finish(self) -> None:
        """The body is over; one of no bytes at all is good."""
        if self._decompressor is None and not self._first:
            return
        if self._decompressor is None or not self._decompressor.eof:
            raise ProtocolViolation("the compressed body ends too early")

    def _begun(self, data: bytes) -> Any:
        """Of `deflate` two kinds are about: as it should be (RFC 1950), and bare (RFC 1951)."""
        if self._is_gzip:
            return zlib.decompressobj(_GZIP)
        is_zlib = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
        return zlib.decompressobj(_ZLIB if is_zlib else _RAW)

    def _inflated(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._decompressor.decompress(data, self._room + 1)
        except zlib.error:
            raise _damage() from None
        self._room -= len(piece)
        if self._room < 0:
            raise too_large(self._max_body_bytes)
        return piece


def inflater_for(headers: Mapping[str, str], asked: Collection[str], max_body_bytes: int) -> Inflater | None:
    """For a body with these headers; None when it is as it was. `asked` are the codings of the request.

    Raises `ProtocolViolation` for a coding that was not asked for.
    """
    names = (item.strip(" \t").lower() for item in headers.get("content-encoding", "").split(","))
    codings = [_SAME.get(name, name) for name in names if name not in ("", "identity")]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in asked:
        raise ProtocolViolation("compressed in a way that was not asked for by a header Accept-Encoding")
    return Inflater(codings[0], max_body_bytes)


def _damage() -> ProtocolViolation:
    return ProtocolViolation("the compressed body is damaged")
