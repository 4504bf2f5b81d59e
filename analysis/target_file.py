"""The table that a whole target file is."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from analysis.endpoint_file import EndpointTable
from analysis.env_template import refuse_references
from analysis.errors import ConfigurationError, Phrase
from analysis.leak_file import LeakTable
from analysis.sidecar_file import SidecarTable
from analysis.target_parts import Tls
from analysis.toml_file import NAME, Table, shown_path


class QuestionsTable(Table):
    """`[questions]`."""

    file: str = "questions/general.jsonl"
    zipf: Annotated[float, Field(ge=0, le=10)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0


class TlsTable(Table):
    """`[tls]`."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify: bool = True

    def tls(self, path: Path) -> Tls:
        """The settings of the target file at `path`, its files found."""
        if self.key_file is not None and self.cert_file is None:
            raise ConfigurationError(
                file=shown_path(path),
                key="tls.key_file",
                found=Phrase("it without tls.cert_file"),
                wanted="the certificate that belongs to the key as well",
            )
        if self.ca_file is not None and not self.verify:
            raise ConfigurationError(
                file=shown_path(path),
                key="tls.ca_file",
                found=Phrase("it beside tls.verify = false"),
                wanted="an authority to verify with, or no verification",
            )
        found = {key: _file(getattr(self, key), path, f"tls.{key}") for key in _TLS_FILES}
        return Tls(**found, verify=self.verify)


class TargetTable(Table):
    """A whole target file."""

    name: Annotated[str, Field(pattern=NAME)] | None = None
    base_url: str = Field(description='a URL such as "http://127.0.0.1:8800"')
    headers: dict[str, str] = Field(default_factory=dict)
    environment: dict[Annotated[str, Field(pattern=NAME)], str] = Field(default_factory=dict)
    endpoints: dict[Annotated[str, Field(pattern=NAME)], EndpointTable] = Field(
        min_length=1, description="at least one table [endpoints.NAME]"
    )
    questions: QuestionsTable | None = None
    tls: TlsTable = Field(default_factory=TlsTable)
    sidecar: SidecarTable = Field(default_factory=SidecarTable)
    leak: LeakTable | None = None
    objectives: dict[str, Any] = Field(default_factory=dict)
    margins: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)


_TLS_FILES = ("ca_file", "cert_file", "key_file")


def _file(name: str | None, path: Path, key: str) -> str | None:
    if name is None:
        return None
    refuse_references(name, file=shown_path(path), key=key)
    found = path.resolve().parent / name
    if not found.is_file():
        raise ConfigurationError(
            file=shown_path(path), key=key, found=name, wanted="a file that exists, relative to this one"
        )
    return str(found)
