"""Secrets stay references until they are used, and what is written out by mistake is hidden or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.env_template import (
    expand,
    masked,
    masked_url,
    refuse_credentials,
    without_credentials,
)
from analysis.errors import ConfigurationError


def expanded(text: str, **environ: str) -> str:
    return expand(text, environ, file="x.toml", key="headers.A")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Bearer ${KEY}", "Bearer k1"),
        ("${KEY}-${KEY}", "k1-k1"),
        ("${UNSET:-word}", "word"),
        ("${UNSET:-}", ""),
        ("${EMPTY:-word}", "word"),
        ("${KEY:-word}", "k1"),
        ("${URL:-redis://localhost:6379/0}", "redis://localhost:6379/0"),
        ("$KEY and $$", "$KEY and $$"),
    ],
)
def test_references_are_replaced_as_in_a_shell(text: str, expected: str) -> None:
    assert expanded(text, KEY="k1", EMPTY="") == expected


def test_a_value_is_never_expanded_again() -> None:
    assert expanded("${A}", A="${B}", B="secret") == "${B}"


@pytest.mark.parametrize("environ", [{}, {"API_KEY": ""}])
def test_a_missing_or_empty_variable_is_named_with_file_and_key(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"x\.toml: headers\.A: found .*API_KEY") as caught:
        expand("Bearer ${API_KEY}", environ, file="x.toml", key="headers.A")

    assert "export API_KEY=" in str(caught.value)


def test_a_value_with_a_line_break_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError, match="control character") as caught:
        expanded("${KEY}", KEY="planted\r\nX-Evil: 1")

    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("text", ["${", "${A", "${1A}", "${A:+b}", "${A-B}", "${A:-${B}}"])
def test_a_broken_reference_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="broken"):
        expanded(text, A="a", B="b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bearer ${KEY}", "Bearer ${KEY}"),
        ("${KEY}", "${KEY}"),
        ("${KEY:-}", "${KEY:-}"),
        ("${KEY:-planted}", "${KEY:-***}"),
        ("planted", "***"),
        ("Bearer planted", "***"),
        ("planted${KEY}planted", "***${KEY}***"),
        ("", ""),
    ],
)
def test_of_a_header_only_references_and_the_scheme_are_left(value: str, expected: str) -> None:
    assert masked(value) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://host:80/path", "http://host:80/path"),
        ("${URL:-}", "${URL:-}"),
        ("redis://:${PW}@host:6379/0", "redis://:${PW}@host:6379/0"),
        ("redis://default:${PW}@host/0", "redis://***:${PW}@host/0"),
        ("http://planted:planted@host/", "http://***:***@host/"),
        ("http://planted@host/", "http://***@host/"),
        ("http://host/?key=planted&n=${N}", "http://host/?key=***&n=${N}"),
        ("http://host/#planted", "http://host/"),
        ("${URL:-http://planted:planted@host/}", "${URL:-http://***:***@host/}"),
        ("http://${HOST}:8000", "http://${HOST}:8000"),
        ("http://a@planted@host/", "http://***@host/"),
    ],
)
def test_of_a_url_no_written_credentials_are_left(url: str, expected: str) -> None:
    assert masked_url(url) == expected


@settings(deadline=None)
@given(user=st.text("ab:@%.", max_size=8), password=st.text("ab:@%.", max_size=8))
def test_no_form_of_credentials_survives_masking(user: str, password: str) -> None:
    url = f"http://{user}SECRET{user}:{password}SECRET{password}@host/path"

    assert "SECRET" not in masked_url(url)
    assert "SECRET" not in without_credentials(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:planted@host/",
        "redis://:planted@host:6379/0",
        "http://planted@host/",
        "http://${USER}:planted${X}@host/",
        "${URL:-http://u:planted@host/}",
    ],
)
def test_written_credentials_are_refused_without_showing_them(url: str) -> None:
    with pytest.raises(ConfigurationError, match="credentials") as caught:
        refuse_credentials(url, file="x.toml", key="base_url")

    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://host/a@b", "redis://:${PW}@host", "redis://default:${PW}@host", "${URL}", "http://h/?a=b@c"],
)
def test_urls_without_written_credentials_pass(url: str) -> None:
    refuse_credentials(url, file="x.toml", key="base_url")


def test_a_shown_url_has_no_credentials_and_no_query() -> None:
    assert without_credentials("https://u:p@host:1/v1?key=k#f") == "https://host:1/v1"
