"""Three of a target's parts: which questions are asked, what is promised, and who trusts whom over TLS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Questions:
    """A question set, and how its popularity falls off from the first line to the last."""

    file: str
    """Path that can be opened; the target file names it relative to the folder above its own."""
    zipf: float = 1.0
    """Exponent: the n-th question is asked in proportion to n**-zipf; 0 asks all alike."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Objective:
    """An absolute limit on one metric: a service-level objective."""

    name: str
    endpoint: str | None
    """None: the service as a whole."""
    metric: str
    statistic: str
    limit: float
    """At most this much; for goodput at least."""
    unit: str
    """us, ratio, MB/h or percent."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom we trust over https, and who we are. Files are paths that can be opened, in PEM form."""

    ca_file: str | None = None
    """None: the authorities that the system trusts."""
    cert_file: str | None = None
    """The certificate shown to the service; None: we show none."""
    key_file: str | None = None
    """None: the key stands in `cert_file`."""
    verify: bool = True
    """Whether the service's certificate and host name are checked."""
