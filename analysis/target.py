"""The service under test, as one TOML file describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from analysis.endpoint import Dialect, Endpoint, Expectation
from analysis.env_template import check_references, expand, masked, masked_url
from analysis.errors import ConfigurationError, Phrase, RunLogError
from analysis.leak import LeakWatch
from analysis.objective_file import SERVICE_OBJECTIVES, WHOLE_SERVICE, NumberTables
from analysis.request_text import check_base_url, check_headers
from analysis.sidecar_watch import ProcessWatch, SidecarWatch
from analysis.target_file import QuestionsTable, TargetTable
from analysis.target_parts import Objective, Questions, Tls
from analysis.toml_file import dotted, file_names, find_file, read_toml, shown_path

__all__ = [
    "LOCUSTFILES",
    "Dialect",
    "Endpoint",
    "Expectation",
    "Objective",
    "ProcessWatch",
    "Questions",
    "SidecarWatch",
    "Target",
    "Tls",
    "expand",
    "load_target",
    "redacted",
    "target_from_json",
    "target_names",
]

LOCUSTFILES = Path(__file__).parent.parent / "locustfiles"
"""Holds `targets/`, `profiles/` and `questions/`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service: where it is, what is asked of it, what is watched and what is promised."""

    name: str
    base_url: str
    """Without a slash at its end; may hold `${NAME}`, which is expanded only where the URL is used."""
    endpoints: Mapping[str, Endpoint]
    headers: Mapping[str, str] = field(default_factory=dict)
    questions: Questions | None = None
    tls: Tls = field(default_factory=Tls)
    sidecar: SidecarWatch = field(default_factory=SidecarWatch)
    objectives: tuple[Objective, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)
    """`metric.statistic`, `endpoint.metric.statistic` or `prometheus.query.rise` to the tolerated change."""
    leak: LeakWatch | None = None
    """Which leaks are looked for after the load."""
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Endpoint to metric to the most microseconds a request may take to count as goodput."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the service runs with; may hold `${NAME}`. Runs are alike only where all of it is equal."""
    file: str = ""


def load_target(name_or_path: str, root: Path | None = None) -> Target:
    """The target of that name in `targets/` below the root, or of the TOML file at that path.

    Environment variables stay as they are written; `ConfigurationError` for whatever else is wrong.
    """
    path = find_file(name_or_path, (root or LOCUSTFILES) / "targets", "target")
    table = read_toml(path, TargetTable)
    file = shown_path(path)
    check_base_url(table.base_url, file)
    check_headers(table.headers, file, "headers")
    for name, value in table.environment.items():
        check_references(value, file=file, key=dotted(("environment", name)))
    endpoints = {name: entry.endpoint(name, file) for name, entry in table.endpoints.items()}
    _check_names(endpoints, file)
    sidecar = table.sidecar.watch(file)
    numbers = NumberTables(file, endpoints)
    return Target(
        name=table.name or path.stem,
        base_url=table.base_url.rstrip("/"),
        endpoints=endpoints,
        headers=dict(table.headers),
        questions=_questions(table.questions, endpoints, path, root or LOCUSTFILES),
        tls=table.tls.tls(path),
        sidecar=sidecar,
        leak=None if table.leak is None else table.leak.watch(),
        objectives=numbers.objectives(table.objectives, sidecar),
        margins=numbers.margins(table.margins, sidecar),
        limits=numbers.limits(table.limits),
        environment=dict(table.environment),
        file=file,
    )


def target_names(root: Path | None = None) -> tuple[str, ...]:
    """The names that `load_target` knows, sorted."""
    return file_names((root or LOCUSTFILES) / "targets")


def redacted(target: Target) -> dict[str, JsonValue]:
    """The target as JSON that may be stored and shown: of headers and credentials only `${NAME}` is left."""
    sidecar = target.sidecar
    safe = replace(
        target,
        base_url=masked_url(target.base_url),
        headers=_masked_headers(target.headers),
        endpoints={
            name: replace(endpoint, headers=_masked_headers(endpoint.headers))
            for name, endpoint in target.endpoints.items()
        },
        sidecar=replace(
            sidecar,
            prometheus_url=_masked_url(sidecar.prometheus_url),
            metrics_url=_masked_url(sidecar.metrics_url),
            redis_url=_masked_url(sidecar.redis_url),
        ),
        questions=target.questions and replace(target.questions, file=_last_parts(target.questions.file)),
        tls=replace(
            target.tls,
            ca_file=_file_name(target.tls.ca_file),
            cert_file=_file_name(target.tls.cert_file),
            key_file=_file_name(target.tls.key_file),
        ),
        file=_last_parts(target.file),
    )
    document: dict[str, JsonValue] = _adapter().dump_python(safe, mode="json")
    return document


def target_from_json(document: Mapping[str, Any]) -> Target:
    """The target that `redacted` wrote; what it hid stays hidden."""
    try:
        return _adapter().validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RunLogError(
            f"run.json: {dotted(('target_definition', *first['loc']))}: wanted a target's definition "
            f"as this version writes it, found something else ({first['msg']})"
        ) from None


@cache
def _adapter() -> TypeAdapter[Target]:
    return TypeAdapter(Target)


def _questions(
    table: QuestionsTable | None, endpoints: Mapping[str, Endpoint], path: Path, root: Path
) -> Questions | None:
    if table is None and not any(endpoint.asks for endpoint in endpoints.values()):
        return None
    wanted = table or QuestionsTable()
    for folder in (path.resolve().parent.parent, path.resolve().parent, root):
        if (folder / wanted.file).is_file():
            return Questions(str(folder / wanted.file), wanted.zipf, wanted.seed)
    raise ConfigurationError(
        file=shown_path(path),
        key="questions.file",
        found=wanted.file,
        wanted="a file below the folder above this one, beside this one, or in locustfiles/",
    )


def _check_names(endpoints: Mapping[str, Endpoint], file: str) -> None:
    for name in endpoints:
        if name in SERVICE_OBJECTIVES or name == WHOLE_SERVICE:
            raise ConfigurationError(
                file=file,
                key=dotted(("endpoints", name)),
                found=Phrase("a name that objectives use for the whole service"),
                wanted="another name",
            )


def _masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: masked(value) for name, value in headers.items()}


def _masked_url(url: str | None) -> str | None:
    return None if url is None else masked_url(url)


def _last_parts(file: str) -> str:
    """Folder and name, without the place on this machine."""
    return "/".join(Path(file).parts[-2:])


def _file_name(file: str | None) -> str | None:
    return None if file is None else Path(file).name
