"""Strict reading of TOML files: a mistake names file, key, what was found and what is allowed."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from analysis.errors import ConfigurationError, Phrase

Location = Sequence[int | str]

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
"""Names that can stand in file names, tags and dotted keys."""


class Table(BaseModel):
    """A TOML table: only declared keys, no conversions, no infinities.

    A validator of a field raises `ValueError` with a phrase that says what is wanted.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


TableT = TypeVar("TableT", bound=Table)

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_toml(path: Path, table: type[TableT]) -> TableT:
    """The file's content as a table; `ConfigurationError` for anything that the table does not allow."""
    file = shown_path(path)
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise ConfigurationError(
            file=file, key=None, found=Phrase(error.strerror or "no way to read it"), wanted="a readable file"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            file=file, key=None, found=Phrase(f"byte {error.start} outside UTF-8"), wanted="TOML in UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            file=file, key=None, found=Phrase(f"a mistake: {error}"), wanted="valid TOML"
        ) from error
    return checked_table(content, table, file=file)


def checked_table(content: Mapping[str, object], table: type[TableT], *, file: str) -> TableT:
    """The parsed content as a table."""
    try:
        return table.model_validate(content)
    except ValidationError as error:
        raise _translated(error, table, file) from None


def find_file(name_or_path: str, folder: Path, kind: str) -> Path:
    """The file that a name stands for in the folder; what ends in `.toml` is a path and taken as it is."""
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if path.is_file():
            return path
        raise ConfigurationError(
            file=name_or_path, key=None, found=Phrase("no such file"), wanted=f"the TOML file of a {kind}"
        )
    names = file_names(folder)
    if name_or_path in names:
        return folder / f"{name_or_path}.toml"
    raise ConfigurationError(
        file=shown_path(folder / f"{name_or_path}.toml"),
        key=None,
        found=Phrase("no such file"),
        wanted=f"a {kind} that exists ({', '.join(names)}) or a path that ends in .toml",
        hint=nearest(name_or_path, names),
    )


def file_names(folder: Path) -> tuple[str, ...]:
    """The names of the TOML files in a folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """A question that offers the allowed word most like this one; None when none is like it."""
    found = get_close_matches(word, list(allowed), n=1)
    return f'did you mean "{found[0]}"?' if found else None


def shown_path(path: Path) -> str:
    """The path as short as it can be read from the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def dotted(location: Location) -> str:
    """A key as TOML writes it, list items by their index: `stages[0].level`."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_quoted(part)}" if text else _quoted(part)
    return text


def seconds(value: object) -> float:
    """Seconds of a duration: a number, or a string with one of the units ms, s, m, h."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a duration such as "500ms", "90s", "5m", "1h" or 90 (seconds)')
    return float(match[1]) * _UNIT_S[match[2]]


def whole_seconds(value: object) -> int:
    """Like `seconds`, for what is counted in whole ones."""
    duration_s = seconds(value)
    if duration_s != int(duration_s):
        raise ValueError('a duration of whole seconds such as "90s", "5m" or 90')
    return int(duration_s)


Duration = Annotated[float, BeforeValidator(seconds)]
WholeDuration = Annotated[int, BeforeValidator(whole_seconds)]


def _quoted(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'


_WANTED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number not below {ge:g}",
    "int_type": "a whole number",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number not above {le:g}",
    "list_type": "a list",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "model_type": "a table",
    "string_pattern_mismatch": "a string of the form {pattern}",
    "string_too_short": "a string that is not empty",
    "string_type": "a string",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length}",
    "value_error": "{error}",
}


def _translated(error: ValidationError, table: type[Table], file: str) -> ConfigurationError:
    # A misspelt required key is unknown and missing at once: the unknown one tells more.
    mistakes = error.errors(include_url=False)
    mistake = min(mistakes, key=lambda item: item["type"] != "extra_forbidden")
    location = mistake["loc"]
    key = dotted(location)
    if mistake["type"] == "extra_forbidden":
        allowed = sorted(_names_at(table, location[:-1]))
        return ConfigurationError(
            file=file,
            key=key,
            found=Phrase("an unknown key"),
            wanted=f"one of {', '.join(allowed)}",
            hint=nearest(str(location[-1]), allowed),
        )
    if mistake["type"] == "missing":
        description = _description_at(table, location)
        return ConfigurationError(
            file=file, key=key, found=Phrase("no such key"), wanted=description or "a value"
        )
    template = _WANTED.get(mistake["type"])
    wanted = mistake["msg"] if template is None else template.format(**mistake.get("ctx", {}))
    return ConfigurationError(file=file, key=key, found=_found(mistake["input"], location), wanted=wanted)


def _found(value: object, location: Location) -> object:
    """The value, or only its kind where it could hold a secret."""
    if not any(str(part) == "headers" or str(part).endswith("url") for part in location):
        return value
    return Phrase("a string that is not shown" if isinstance(value, str) else "a value that is not shown")


def _names_at(table: type[Table], location: Location) -> list[str]:
    annotation = _annotation_at(table, location)
    return list(annotation.model_fields) if _is_table(annotation) else []


def _description_at(table: type[Table], location: Location) -> str | None:
    holder = _annotation_at(table, location[:-1])
    field = holder.model_fields.get(str(location[-1])) if _is_table(holder) else None
    return None if field is None else field.description


def _annotation_at(table: type[Table], location: Location) -> Any:
    annotation: Any = table
    for part in location:
        if _is_table(annotation):
            field = annotation.model_fields.get(str(part))
            annotation = None if field is None else _bare(field.annotation)
        else:
            arguments = get_args(annotation)
            annotation = _bare(arguments[-1]) if arguments else None
    return annotation


def _bare(annotation: Any) -> Any:
    """The type itself, without `Annotated` and without `| None`."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
        elif origin in (Union, UnionType):
            annotation = next(item for item in arguments if item is not NoneType)
        else:
            return annotation


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Table)
