"""Guards against the traps of packages that lie at the top level of the checkout."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("analysis", "reports", "scripts", "locustfiles")
IGNORED = {".venv", "runs"}


def python(code: str, cwd: Path) -> object:
    """What the code prints as JSON, run by an interpreter that puts no directory of its own on the path."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sources(package: str) -> list[Path]:
    return sorted(
        path for path in (ROOT / package).rglob("*.py") if not IGNORED & set(path.relative_to(ROOT).parts)
    )


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def test_packages_are_found_in_this_checkout_from_anywhere(tmp_path: Path) -> None:
    """The paths are compared exactly: .venv is inside the checkout too."""
    code = (
        "import importlib.util, json;"
        f"print(json.dumps({{p: importlib.util.find_spec(p).origin for p in {PACKAGES!r}}}))"
    )
    assert python(code, tmp_path) == {package: str(ROOT / package / "__init__.py") for package in PACKAGES}


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_every_folder_with_modules_is_a_regular_package(package: str) -> None:
    folders = {path.parent for path in sources(package)}

    assert folders
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_all_top_level_packages_are_installed_and_linted() -> None:
    """A new package must be named in the build, the type checker and the import rules."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert found == set(PACKAGES)
    assert set(project["hatch"]["build"]["targets"]["wheel"]["packages"]) == found
    assert set(project["mypy"]["files"]) == found | {"tests"}
    assert set(project["importlinter"]["root_packages"]) == found


def test_no_locustfile_replaces_an_importable_module() -> None:
    """Locust puts the locustfile's folder first on the path and registers the file under its bare name."""
    stems = {path.stem for path in (ROOT / "locustfiles").glob("*.py")} - {"__init__"}
    folders = {path.name for path in (ROOT / "locustfiles").iterdir() if path.is_dir()}
    code = (
        "import importlib.util, json;"
        f"print(json.dumps([n for n in {sorted(stems | folders)!r} if importlib.util.find_spec(n)]))"
    )

    assert "rag" in stems
    assert python(code, Path("/")) == []


@pytest.mark.parametrize("package", ["analysis", "reports"])
def test_importing_the_core_never_imports_locust_or_gevent(package: str, tmp_path: Path) -> None:
    """Importing locust patches threads and sockets of the whole process."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources(package)]
    code = (
        "import importlib, json, sys;"
        f"[importlib.import_module(m.removesuffix('.__init__')) for m in {modules!r}];"
        "print(json.dumps(sorted({'locust', 'gevent'} & set(sys.modules))))"
    )

    assert python(code, tmp_path) == []


def test_the_sidecar_starts_without_pandas_or_plots(tmp_path: Path) -> None:
    code = (
        "import json, sys, scripts.sidecar.command;"
        "print(json.dumps(sorted({'pandas', 'matplotlib', 'scipy', 'locust', 'gevent'} & set(sys.modules))))"
    )

    assert python(code, tmp_path) == []


def test_only_one_module_imports_hdrhistogram() -> None:
    importers = {
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in sources(package)
        if "hdrh" in imported(path)
    }

    assert importers == {Path("analysis/histogram.py")}


def test_only_locustfiles_imports_locust_or_gevent() -> None:
    importers = {
        path.relative_to(ROOT)
        for package in ("analysis", "reports", "scripts")
        for path in sources(package)
        if {"locust", "gevent"} & imported(path)
    }

    assert importers == set()


@pytest.mark.parametrize(
    ("locustfile", "offered"),
    [
        ("rag.py", ["Arrivals", "ChatUser", "HealthUser", "JarvisUser", "QueryUser", "StreamUser"]),
        ("chat.py", ["Arrivals", "ChatUser", "JarvisUser"]),
    ],
)
def test_a_locustfile_offers_locust_its_own_users_and_no_shape(
    tmp_path: Path, locustfile: str, offered: list[str]
) -> None:
    """Locust spawns every concrete User and follows every concrete shape that it finds in a locustfile."""
    code = (
        "import json, warnings; warnings.simplefilter('ignore');"
        "from locust import LoadTestShape, User;"
        "from locust.util.load_locustfile import load_locustfile;"
        f"users, shapes = load_locustfile({str(ROOT / 'locustfiles' / locustfile)!r})[-2:];"
        "print(json.dumps([sorted(users), [type(shape).__name__ for shape in shapes]]))"
    )

    assert python(code, tmp_path) == [offered, []]


def test_pinned_requirements_carry_hashes_and_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if not line.startswith(("#", " "))]

        assert pins
        assert [line for line in lines if "//" in line] == []
        assert [line for line in pins if "==" not in line or not line.endswith("\\")] == []


def test_every_declared_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]

    def name(requirement: str) -> str:
        return re.split("[<>=]", requirement)[0].strip().lower().replace("_", "-")

    def pinned(file: str) -> set[str]:
        return {name(line) for line in (ROOT / file).read_text().splitlines() if "==" in line}

    runtime = {name(line) for line in project["project"]["dependencies"] + groups["install"]}
    dev = {name(line) for line in groups["dev"] + groups["bench"]}
    assert runtime - pinned("requirements.txt") == set()
    assert dev - pinned("requirements.txt") - pinned("requirements-dev.txt") == set()


def test_every_import_is_a_declared_dependency() -> None:
    """A package that comes only with another one may go away with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {
        "hdrhistogram": "hdrh",
        "opentelemetry-exporter-prometheus": "opentelemetry",
        "opentelemetry-sdk": "opentelemetry",
    }
    requirements = project["project"]["dependencies"] + project["dependency-groups"]["bench"]
    distributions = {re.split("[<>=]", requirement)[0].strip() for requirement in requirements}
    declared = {names.get(name, name.replace("-", "_")) for name in distributions}
    used = set().union(*(imported(path) for package in PACKAGES for path in sources(package)))

    assert used - set(sys.stdlib_module_names) - set(PACKAGES) - declared == set()
