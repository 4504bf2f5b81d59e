"""Checks of the paths, headers and URLs that a target file writes."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from analysis.endpoint import QUESTION
from analysis.env_template import check_references, refuse_credentials, refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.toml_file import dotted

HTTP = ("http://", "https://")
REDIS = ("redis://", "rediss://", "unix://")

_MAX_PORT = 65535
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CLIENT_HEADERS = ("connection", "content-length", "expect", "transfer-encoding", "upgrade")
"""Those that the client sets itself."""

_CODING = re.compile(r"\s*([!-~]+?)\s*(?:;\s*[qQ]=([01](?:\.\d{0,3})?)\s*)?")
_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "identity": None}


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
        if name.lower() in CLIENT_HEADERS:
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
        if name.lower() == "accept-encoding" and "${" not in value:
            try:
                asked_codings(value)
            except ValueError as error:
                raise ConfigurationError(file=file, key=place, found=value, wanted=str(error)) from None


def asked_codings(accept_encoding: str) -> frozenset[str]:
    """The content codings that this header's value asks for; all of them can be undone.

    A `ValueError` says what is wanted instead.
    """
    asked: set[str] = set()
    for entry in filter(str.strip, accept_encoding.split(",")):
        match = _CODING.fullmatch(entry)
        if match is not None and match[2] and float(match[2]) == 0:
            continue
        if match is None or match[1].lower() not in _CODINGS:
            raise ValueError("gzip, deflate or identity, which is the default")
        coding = _CODINGS[match[1].lower()]
        if coding is not None:
            asked.add(coding)
    return frozenset(asked)


def split_url(url: str) -> SplitResult:
    """The parts of a URL whose host and port can be used.

    A `ValueError` says what is wrong with them and never quotes the URL, which may hold a secret.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("a host that is none") from None
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"a port that is no number from 1 to {_MAX_PORT}")
    try:
        is_name = re.search(rb"[\x00-\x20\x7f]", (parts.hostname or "").encode("idna")) is None
    except UnicodeError:
        is_name = False
    if not is_name:
        raise ValueError("a host name that no name server could know")
    return parts


def check_place(url: str, file: str, key: str) -> None:
    """A URL, or a template of one, whose host and port can be used as far as they are written out."""
    if "${" in url:
        return
    try:
        split_url(url)
    except ValueError as error:
        raise ConfigurationError(
            file=file, key=key, found=Phrase(str(error)), wanted="a URL with HOST or HOST:PORT after ://"
        ) from None


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
    check_place(url, file, key)


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
