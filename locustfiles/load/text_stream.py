"""Dialect `text-stream`: an answer sent piece by piece as plain text in UTF-8, with nothing around it."""

from codecs import getincrementaldecoder
from collections.abc import Mapping

from analysis.failure import Failure
from locustfiles.load.stream_event import EventKind, StreamEvent

_utf8 = getincrementaldecoder("utf-8")
BOM = "\ufeff"


class TextStreamDecoder:
    """A text event is what one read brought. The end of the HTTP message is the proper end."""

    __slots__ = ("_decode", "_started")

    said: Mapping[str, object] = {}
    is_lost = False

    def __init__(self) -> None:
        self._decode = _utf8("replace").decode
        self._started = False

    def feed(self, data: bytes, stamp_ns: int) -> list[StreamEvent]:
        return self._events(self._decode(data), stamp_ns)

    def rest(self, stamp_ns: int) -> list[StreamEvent]:
        return self._events(self._decode(b"", True), stamp_ns)

    def finish(self) -> Failure | None:
        return None

    def _events(self, text: str, stamp_ns: int) -> list[StreamEvent]:
        if not self._started and text:
            self._started = True
            text = text.removeprefix(BOM)
        return [StreamEvent(EventKind.TEXT, stamp_ns, text)] if text else []
