"""Starts the users of a profile's step evenly; Locust starts a second's worth of them at one moment."""

from locust import User
from locust.dispatch import UsersDispatcher
from locust.env import Environment

import logging
from math import floor

STEPS_PER_S = 20


class EvenDispatcher(UsersDispatcher):
    """A few users at a time, twenty times a second; those that are to stop are told so at once."""

    def new_dispatch(
        self, target_user_count: int, spawn_rate: float, user_classes: list[type[User]] | None = None
    ) -> None:
        super().new_dispatch(target_user_count, spawn_rate, user_classes)
        surplus = self._current_user_count - target_user_count
        step = surplus if surplus > 0 else max(1, floor(spawn_rate / STEPS_PER_S))
        self._user_count_per_dispatch_iteration = step
        self._wait_between_dispatch = step / spawn_rate


class _NotSelected(logging.Filter):
    """Hides Locust's advice against spawn rates above 100: the rate is ours, nobody has selected it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Your selected spawn rate is very high")


_NOT_SELECTED = _NotSelected()


def spawn_evenly(environment: Environment, *, by_hand: bool) -> None:
    """For the next run; users that are set by hand start as in plain Locust."""
    environment.dispatcher_class = UsersDispatcher if by_hand else EvenDispatcher
    locust_log = logging.getLogger("locust.runners")
    if by_hand:
        locust_log.removeFilter(_NOT_SELECTED)
    else:
        locust_log.addFilter(_NOT_SELECTED)
