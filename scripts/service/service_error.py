"""An answer that the service refuses or fails to give, before it takes the shape of one API or the other."""


class ServiceError(Exception):
    """`status` is the HTTP status, `code` a stable word for programs, `message` a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class BreakerOpenError(ServiceError):
    """A circuit breaker refuses calls until its recovery time has passed."""

    def __init__(self, name: str) -> None:
        super().__init__(503, "breaker_open", f"circuit breaker {name} is open; try again later")
        self.name = name


class DependencyError(ServiceError):
    """A part that an answer needs did not work; this is what circuit breakers count."""

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(502, "dependency_failed", f"{dependency} failed: {reason}")
        self.dependency = dependency
