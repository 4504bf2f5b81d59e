"""Draws which streams of an endpoint their users leave, and when."""

import random
from typing import NamedTuple

from analysis.leaving import Leaving
from locustfiles.load.text_timer import TextTimer


class Leave(NamedTuple):
    """When one stream is left."""

    after_tokens: int | None
    after_s: float | None
    resets: bool

    def is_due(self, timer: TextTimer) -> bool:
        """Whether enough text has come; time is kept by the deadline of the exchange."""
        return self.after_tokens is not None and timer.text_events >= self.after_tokens


class Leaver:
    """Seeded: the same identity leaves the same streams at the same places."""

    __slots__ = ("_leaving", "_random")

    def __init__(self, leaving: Leaving, identity: str) -> None:
        self._leaving = leaving
        self._random = random.Random(f"plimsoll.leave/1:{identity}")  # noqa: S311 - load, not secrets

    def next(self) -> Leave | None:
        """None for a stream that is read to its end."""
        leaving, draw = self._leaving, self._random
        if draw.random() >= leaving.share:
            return None
        if leaving.after_tokens is not None:
            return Leave(draw.randint(*leaving.after_tokens), None, leaving.resets)
        low_s, high_s = leaving.after_s or (0.0, 0.0)
        return Leave(None, draw.uniform(low_s, high_s), leaving.resets)
