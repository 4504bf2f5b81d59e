"""Checks of the paths, headers and URLs that a target file writes."""

import re
from collections.abc import Mapping

from analysis.endpoint import QUESTION
from analysis.env_template import check_references, refuse_credentials, refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.toml_file import dotted

HTTP = ("http://", "https://")
REDIS = ("redis://", "rediss://", "unix://")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CLIENT_HEADERS = ("connection", "content-length", "expect", "transfer-encoding", "upgrade")


def check_path(path: str, file: str, key: str) -> None:
    """A path that can stand in a request line as it is."""
    refuse_references(path, file=file, key=key)
    if not path.startswith("/") or not re.fullmatch(r"[!-~]+", path) or "#" in path or QUESTION in path:
        raise ConfigurationError(
            file=file,
            key=key,
            found=path,
            wanted='a path such as "/api/v1/query", percent-encoded',
            hint="the question goes into the body" if QUESTION in path else None,
        )


def check_headers(headers: Mapping[str, str], file: str, key: str) -> None:
    """Names and values that can stand in a request, none of which the client sets itself."""
    for name, value in headers.items():
        place = f"{key}.{dotted((name,))}"
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError(file=file, key=place, found=name, wanted="a header name")
        if name.lower() in _CLIENT_HEADERS:
            raise ConfigurationError(
                file=file, key=place, found=name, wanted="a header that the client does not set itself"
            )
        if not re.fullmatch(r"[\t -~\u0080-\u00ff]*", value):
            raise ConfigurationError(
                file=file,
                key=place,
                found=Phrase("a character that no header may hold"),
                wanted="one line of Latin-1 text",
            )
        check_references(value, file=file, key=place)


def check_url(url: str | None, schemes: tuple[str, ...], file: str, key: str) -> None:
    """A URL of one of these schemes without written credentials, or one that begins with `${`."""
    if url is None:
        return
    check_references(url, file=file, key=key)
    refuse_credentials(url, file=file, key=key)
    if url.startswith((*HTTP, *REDIS[:2])) and re.fullmatch(r"\w+://([/?#].*)?", url):
        raise ConfigurationError(
            file=file, key=key, found=Phrase("a URL without a host"), wanted="a host after ://"
        )
    if not url.startswith((*schemes, "${")) or re.search(r"[\s\x00-\x1f]", url):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase("another kind of text"),
            wanted=f"a URL that begins with {' or '.join(schemes)}",
        )


def check_base_url(url: str, file: str) -> None:
    """An HTTP URL that paths can be appended to."""
    check_url(url, HTTP, file, "base_url")
    if "?" in url or "#" in url:
        raise ConfigurationError(
            file=file,
            key="base_url",
            found=Phrase("a query or fragment"),
            wanted="a URL that paths can be appended to",
        )
