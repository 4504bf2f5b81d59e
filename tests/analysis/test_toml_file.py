"""Every mistake in a TOML file is named with file, key, what was found and what is allowed."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from analysis.errors import ConfigurationError
from analysis.toml_file import (
    Duration,
    Table,
    WholeDuration,
    dotted,
    find_file,
    nearest,
    read_toml,
    seconds,
    shown_path,
)


class Inner(Table):
    number: Annotated[int, Field(ge=1, le=9)] = 1
    wait: Duration = 1.0
    whole: WholeDuration = 1
    text: str = ""
    flag: bool = False
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Outer(Table):
    title: str = Field(description="a title")
    inner: Inner = Field(default_factory=Inner)
    parts: dict[str, Inner] = Field(default_factory=dict)
    items: list[Inner] = Field(default_factory=list)
    maybe: Inner | None = None
    my_url: str | None = None


def read(folder: Path, text: str | bytes) -> Outer:
    path = folder / "x.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_toml(path, Outer)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "title: found no such key, wanted a title"),
        (
            "titel = 'a'",
            'titel: found an unknown key, wanted one of inner, items, .*; did you mean "title"\\?',
        ),
        ("title = 'a'\ninner.numbr = 1", 'inner.numbr: found an unknown key, .*did you mean "number"'),
        ("title = 'a'\nparts.a.numbr = 1", "parts.a.numbr: found an unknown key, wanted one of flag, number"),
        ("title = 'a'\n[[items]]\nnumbr = 1", r"items\[0\].numbr: found an unknown key, wanted one of flag"),
        ("title = 'a'\nmaybe.numbr = 1", "maybe.numbr: found an unknown key, wanted one of flag, number"),
        ("title = 'a'\nparts.'b c'.zzz = 1", 'parts."b c".zzz: found an unknown key, wanted one of [^;]*$'),
        ("title = 3", "title: found 3, wanted a string"),
        ("title = 'a'\ninner.number = '3'", 'inner.number: found "3", wanted a whole number'),
        ("title = 'a'\ninner.number = 3.0", "inner.number: found 3.0, wanted a whole number"),
        ("title = 'a'\ninner.number = true", "inner.number: found true, wanted a whole number"),
        ("title = 'a'\ninner.number = 0", "inner.number: found 0, wanted a number not below 1"),
        ("title = 'a'\ninner.number = 10", "inner.number: found 10, wanted a number not above 9"),
        ("title = 'a'\ninner.share = 0", "inner.share: found 0, wanted a number above 0"),
        ("title = 'a'\ninner.share = 1.0", "inner.share: found 1.0, wanted a number below 1"),
        ("title = 'a'\ninner.share = nan", "inner.share: found NaN, wanted a finite number"),
        ("title = 'a'\ninner.flag = 1", "inner.flag: found 1, wanted true or false"),
        ("title = 'a'\ninner = 1", "inner: found 1, wanted a table"),
        ("title = 'a'\nparts = []", "parts: found a list, wanted a table"),
        ("title = 'a'\nitems = {}", "items: found a table, wanted a list"),
        ("title = 'a'\ninner.wait = '5 parsecs'", 'inner.wait: found "5 parsecs", wanted a duration such as'),
        (
            "title = 'a'\ninner.whole = '500ms'",
            'inner.whole: found "500ms", wanted a duration of whole seconds',
        ),
        ("title = 'a'\nmy_url = 3", "my_url: found a value that is not shown, wanted a string"),
        ("title = ", r"found a mistake: .*\(at end of document\), wanted valid TOML"),
        ("title = 'a'\ntitle = 'b'\n", "found a mistake: Cannot overwrite a value .*, wanted valid TOML"),
        (b"title = '\xff'", "found byte 9 outside UTF-8, wanted TOML in UTF-8"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"x.toml: {message}") as caught:
        read(tmp_path, text)

    assert "\n" not in str(caught.value)


def test_a_correct_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    table = read(tmp_path, "title = 'a'\ninner = { wait = '250ms', whole = '2m' }\nparts.x.number = 2")

    assert (table.inner.wait, table.inner.whole, table.parts["x"].number) == (0.25, 120, 2)
    assert table.maybe is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Is a directory"):
        read_toml(tmp_path, Outer)


@pytest.mark.parametrize(
    ("value", "expected_s"),
    [
        ("500ms", 0.5),
        ("90s", 90),
        ("5m", 300),
        ("1h", 3600),
        ("1.5h", 5400),
        (" 2 s ", 2),
        (90, 90),
        (0.5, 0.5),
    ],
)
def test_durations_have_a_unit_or_are_seconds(value: object, expected_s: float) -> None:
    assert seconds(value) == expected_s


@pytest.mark.parametrize("value", ["", "5", "s", "-5s", "1d", "1m30s", True, None, [], float("inf")])
def test_anything_else_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        seconds(value)


def test_a_name_that_is_not_there_is_answered_with_the_nearest_and_all(tmp_path: Path) -> None:
    for name in ("smoke", "spike"):
        (tmp_path / f"{name}.toml").touch()

    with pytest.raises(
        ConfigurationError, match=r'smok\.toml: found no such file.*\(smoke, spike\).*"smoke"\?'
    ):
        find_file("smok", tmp_path, "load profile")
    assert find_file("spike", tmp_path, "load profile") == tmp_path / "spike.toml"


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.touch()

    assert find_file(str(path), tmp_path / "elsewhere", "target") == path
    with pytest.raises(
        ConfigurationError, match=r"gone\.toml: found no such file, wanted the TOML file of a target"
    ):
        find_file(str(tmp_path / "gone.toml"), tmp_path, "target")


def test_a_name_cannot_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").touch()
    (tmp_path / "targets").mkdir()

    with pytest.raises(ConfigurationError, match="no such file"):
        find_file("../secret", tmp_path / "targets", "target")


def test_nothing_is_offered_when_nothing_is_near() -> None:
    assert nearest("zebra", ["query", "stream"]) is None


def test_keys_are_written_as_toml_does() -> None:
    assert dotted(("a", "b c", 0, "d-e")) == 'a."b c"[0].d-e'


def test_paths_below_the_working_directory_are_shown_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert shown_path(tmp_path / "a" / "b.toml") == "a/b.toml"
    assert shown_path(tmp_path.parent / "c.toml") == str(tmp_path.parent / "c.toml")
