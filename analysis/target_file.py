"""The table that a whole target file is."""

from typing import Annotated, Any

from pydantic import Field

from analysis.endpoint_file import EndpointTable
from analysis.sidecar_file import SidecarTable
from analysis.toml_file import NAME, Table


class QuestionsTable(Table):
    """`[questions]`."""

    file: str = "questions/general.jsonl"
    zipf: Annotated[float, Field(ge=0, le=10)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0


class TargetTable(Table):
    """A whole target file."""

    name: Annotated[str, Field(pattern=NAME)] | None = None
    base_url: str = Field(description='a URL such as "http://127.0.0.1:8800"')
    headers: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[Annotated[str, Field(pattern=NAME)], EndpointTable] = Field(
        min_length=1, description="at least one table [endpoints.NAME]"
    )
    questions: QuestionsTable | None = None
    sidecar: SidecarTable = Field(default_factory=SidecarTable)
    objectives: dict[str, Any] = Field(default_factory=dict)
    margins: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)
