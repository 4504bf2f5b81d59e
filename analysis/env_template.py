"""Texts with `${NAME}` or `${NAME:-default}`: secrets stay in the environment until the moment of use."""

import re
from collections.abc import Callable, Mapping

from analysis.errors import ConfigurationError, Phrase

MASK = "***"

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}")
_SCHEME_WORD = re.compile(r"(?:Bearer|Basic|Token|ApiKey) ", re.IGNORECASE)
_URL = re.compile(r"([a-z][a-z0-9+.-]*://)(?:([^/?#]*)@)?([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def expand(text: str, environ: Mapping[str, str], *, file: str, key: str) -> str:
    """The text with its variables' values; the error for a missing one names the variable, never a value.

    `${NAME}` must be set and not empty; `${NAME:-default}` stands for the default otherwise, `${NAME:-}`
    for nothing.
    """
    check_references(text, file=file, key=key)

    def value_of(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = environ.get(name) or default
        if value is None:
            raise ConfigurationError(
                file=file,
                key=key,
                found=Phrase(f"${{{name}}} but no such environment variable, or an empty one"),
                wanted=f"{name} in the environment",
                hint=f"export {name}=…, or write ${{{name}:-}} where nothing is fine",
            )
        if _CONTROL.search(value):
            raise ConfigurationError(
                file=file,
                key=key,
                found=Phrase(f"a control character in the environment variable {name}"),
                wanted="one line of text",
            )
        return value

    return _REFERENCE.sub(value_of, text)


def check_references(text: str, *, file: str, key: str) -> None:
    """Refuse a `${` that is no well-formed reference."""
    if "${" in _REFERENCE.sub("", text):
        raise ConfigurationError(
            file=file, key=key, found=Phrase('a broken "${"'), wanted="${NAME} or ${NAME:-default}"
        )


def refuse_references(text: str, *, file: str, key: str) -> None:
    """Refuse `${NAME}` where nothing expands it, so that it is not sent as it stands."""
    if _REFERENCE.search(text):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase("an environment variable"),
            wanted="plain text",
            hint="variables are expanded in headers, base_url, [environment] and the sidecar's URLs only",
        )


def refuse_credentials(url: str, *, file: str, key: str) -> None:
    """Refuse a password or token written into a URL."""
    if _has_literal_credentials(url):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase("credentials written into the URL"),
            wanted="a URL without them",
            hint="take them from the environment, as in redis://:${REDIS_PASSWORD}@host:6379/0",
        )


def masked(text: str) -> str:
    """A header's value with every literal part hidden; references and words such as `Bearer` stay."""
    scheme = _SCHEME_WORD.match(text)
    head = scheme[0] if scheme and "${" in text else ""
    bare, references = _without_references(text[len(head) :])
    return head + _with_references(_masked_literals(bare), references, _mask_default)


def masked_url(url: str) -> str:
    """A URL whose literal user names, passwords and query values are hidden."""
    text, references = _without_references(url)
    match = _URL.fullmatch(text)
    if match is not None:
        scheme, user, place, query, _ = match.groups()
        text = scheme
        if user is not None:
            text += ":".join(_masked_literals(part) for part in user.split(":", 1)) + "@"
        text += place
        if query is not None:
            text += "?" + "&".join(_masked_pair(pair) for pair in query[1:].split("&"))
    return _with_references(text, references, masked_url)


def without_credentials(url: str) -> str:
    """An expanded URL fit to be shown: no user, password, query or fragment."""
    match = _URL.fullmatch(url)
    return url if match is None else match[1] + match[3]


# While a URL is taken apart, each reference is one character of a private-use plane.
_FIRST = 0xF0000
_STAND_IN = re.compile(r"[\U000F0000-\U000FFFFD]")
_LITERAL = re.compile(r"[^\U000F0000-\U000FFFFD]+")


def _without_references(text: str) -> tuple[str, list[re.Match[str]]]:
    references: list[re.Match[str]] = []

    def stand_in(match: re.Match[str]) -> str:
        references.append(match)
        return chr(_FIRST + len(references) - 1)

    return _REFERENCE.sub(stand_in, text), references


def _with_references(text: str, references: list[re.Match[str]], default: Callable[[str], str]) -> str:
    def original(match: re.Match[str]) -> str:
        reference = references[ord(match[0]) - _FIRST]
        if reference[2] is None:
            return reference[0]
        return f"${{{reference[1]}:-{default(reference[2])}}}"

    return _STAND_IN.sub(original, text)


def _mask_default(default: str) -> str:
    return MASK if default else ""


def _masked_literals(text: str) -> str:
    return _LITERAL.sub(MASK, text)


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{_masked_literals(value)}" if equals else _masked_literals(name)


def _has_literal_credentials(url: str) -> bool:
    text, references = _without_references(url)
    if any(reference[2] and _has_literal_credentials(reference[2]) for reference in references):
        return True
    match = _URL.fullmatch(text)
    if match is None or match[2] is None:
        return False
    user, colon, password = match[2].partition(":")
    return bool(_LITERAL.search(password if colon else user))
