"""Services that several end-to-end tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.servers.chromium import chromium
from tests.servers.reference_service import ReferenceService, reference_service


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    """One service without faults, because each takes seconds to start."""
    with reference_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def service(shared_service: ReferenceService) -> ReferenceService:
    """A healthy reference service that nobody else uses meanwhile."""
    return shared_service


@pytest.fixture(scope="session")
def shared_faulty_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    """One service whose faults can be set."""
    with reference_service(
        tmp_path_factory.mktemp("faulty"), allow_faults=True, breaker_failures=1000
    ) as service:
        yield service


@pytest.fixture
def faulty_service(shared_faulty_service: ReferenceService) -> Iterator[ReferenceService]:
    """A service whose faults a test sets; none is left behind."""
    shared_faulty_service.clear_faults()
    yield shared_faulty_service
    shared_faulty_service.clear_faults()


@pytest.fixture
def run_root(tmp_path: Path) -> Path:
    """Where this test's run directories go."""
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome
