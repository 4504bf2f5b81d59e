"""Many text events of one read, kept as their texts until somebody asks for an event."""

from collections.abc import Iterator, Sequence
from typing import overload

from locustfiles.load.stream_event import NEW_EVENT, EventKind, StreamEvent

TEXT = EventKind.TEXT


class TextRun(Sequence[StreamEvent]):
    """Events with text and nothing else, all of one read, so of one stamp.

    Making an event of each text takes as long as finding it, and who takes the time needs none.
    """

    __slots__ = ("stamp_ns", "texts")

    def __init__(self, texts: list[str], stamp_ns: int) -> None:
        """No text may be empty."""
        self.texts = texts
        self.stamp_ns = stamp_ns

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[StreamEvent]:
        stamp_ns = self.stamp_ns
        for text in self.texts:
            yield NEW_EVENT((TEXT, stamp_ns, text, None, None, None))

    @overload
    def __getitem__(self, index: int) -> StreamEvent: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[StreamEvent]: ...

    def __getitem__(self, index: int | slice) -> StreamEvent | Sequence[StreamEvent]:
        if isinstance(index, slice):
            return TextRun(self.texts[index], self.stamp_ns)
        return StreamEvent(TEXT, self.stamp_ns, self.texts[index])
