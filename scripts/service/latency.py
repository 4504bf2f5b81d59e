"""The service's latency model: medians with seeded log-normal noise, waited for and not computed."""

import asyncio
import random

from scripts.service.settings import LatencySettings

_LATE_S = 0.05


class LatencyModel:
    """Every method returns seconds. The noise has a median of 1, so the settings are medians too."""

    def __init__(self, settings: LatencySettings, seed: int) -> None:
        self._settings = settings
        self._random = random.Random(f"latency:{seed}")  # noqa: S311 -- a model of noise, not a secret

    def embed_s(self) -> float:
        return self._draw_s(self._settings.embed_ms)

    def retrieve_s(self) -> float:
        return self._draw_s(self._settings.retrieve_ms)

    def first_token_s(self) -> float:
        return self._draw_s(self._settings.ttft_ms) + self._settings.extra_latency_ms / 1e3

    def token_s(self) -> float:
        return self._draw_s(self._settings.token_ms)

    def _draw_s(self, median_ms: float) -> float:
        noise = self._random.lognormvariate(0.0, self._settings.jitter)
        return median_ms * self._settings.slow_factor * noise / 1e3


class Pace:
    """Waits along one running due time, so that the timer's rounding does not add up over many tokens."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time()

    async def wait(self, seconds: float) -> None:
        self._due_s += seconds
        delay_s = self._due_s - self._loop.time()
        if delay_s < -_LATE_S:  # an overloaded machine stays late, it does not catch up in a burst
            self._due_s = self._loop.time()
        await asyncio.sleep(max(0.0, delay_s))
