"""Which user classes a profile starts, and in which proportions."""

from locust import User

from collections.abc import Iterable, Mapping

from analysis.profile import LoadProfile, Model
from locustfiles.load.arrivals import ArrivalScheduler
from locustfiles.load.users import EndpointUser


def chosen_classes(
    classes: Iterable[type[User]],
    profile: LoadProfile,
    mix: Mapping[str, float],
) -> list[type[User]]:
    """The classes to start, with their weights set from the mix.

    Classes that are not ours (stock users of an own locustfile) are kept as they are in the closed model.
    """
    chosen: list[type[User]] = []
    for user_class in classes:
        if issubclass(user_class, ArrivalScheduler):
            if profile.model is Model.OPEN:
                chosen.append(user_class)
        elif profile.model is Model.OPEN:
            continue
        elif issubclass(user_class, EndpointUser):
            weight = mix.get(user_class.endpoint, 0.0)
            if weight > 0:
                user_class.weight = weight
                chosen.append(user_class)
        else:
            chosen.append(user_class)
    return chosen


def asks_target(classes: Iterable[type[User]]) -> bool:
    """Whether any of the classes sends what the target file describes; stock users do not."""
    return any(issubclass(user_class, EndpointUser | ArrivalScheduler) for user_class in classes)
