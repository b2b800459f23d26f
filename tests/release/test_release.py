"""What `make release` leaves in `dist/` can be published: it is whole, of one version, and installs from an index."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from mock_server import __version__

OLDEST = (3, 11)
FREE = ("0BSD", "Apache", "BSD", "ISC", "MIT", "Mozilla", "MPL", "PSF", "Python Software Foundation", "Zope")
"""What is in the names of licences that ask nothing of the code of those who install the package."""
NAME = "task_status_mock"


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that must end well, away from this tree's code and from its settings."""
    own = ("PYTHON", "COV", "MOCK_SERVER_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="session")
def wheel(root: Path) -> Path:
    """The one wheel in `dist/`."""
    (found,) = (root / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(root: Path) -> Path:
    """The one source distribution in `dist/`."""
    (found,) = (root / "dist").glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def metadata(wheel: Path) -> Message:
    """What the wheel says of itself."""
    with zipfile.ZipFile(wheel) as held:
        return Parser().parsestr(held.read(f"{NAME}-{__version__}.dist-info/METADATA").decode())


@pytest.fixture(scope="session")
def components(root: Path) -> dict[str, dict[str, object]]:
    """The components that the bill of materials lists, by name."""
    bill = json.loads((root / "dist" / "sbom.cdx.json").read_text("utf-8"))
    return {component["name"]: component for component in bill["components"]}


def test_a_wheel_made_from_the_sdist_holds_what_one_of_the_tree_holds(root: Path, wheel: Path) -> None:
    """`dist/` has the wheel that was built from the unpacked sdist."""
    held = set(zipfile.ZipFile(wheel).namelist())
    tracked = run("git", "ls-files", "mock_server", "fixtures", "scenarios", "schemas", cwd=root).splitlines()
    data = [f"mock_server/_data/{name}" for name in tracked if not name.startswith("mock_server/")]
    modules = [name for name in tracked if name.startswith("mock_server/")]
    wanted = {name for name in (*modules, *data) if not name.endswith(".md") and "/goldens/" not in name}
    assert len(wanted) > 300
    assert not sorted(wanted - held), "name their packages, or their data, in setup.cfg and MANIFEST.in"


def test_the_sdist_has_the_licence_the_changelog_and_no_tests(sdist: Path) -> None:
    with tarfile.open(sdist) as held:
        names = {name.removeprefix(f"{NAME}-{__version__}/") for name in held.getnames()}
    licences, build = {"LICENSE", "THIRD-PARTY.txt"}, {"setup.cfg", "setup.py", "pyproject.toml"}
    assert {*licences, *build, "README.md", "CHANGELOG.md"} <= names
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"tests", "docs", "benchmarks", "build", "dist", ".ci", ".venv"}


def test_the_wheel_has_nothing_that_a_wheel_should_not_have(root: Path, wheel: Path) -> None:
    """No file twice, no stray top level, no module that cannot be imported: as the checker of wheels sees it."""
    assert "OK" in run(Path(sys.executable).parent / "check-wheel-contents", wheel, cwd=root)


def test_there_is_one_version(root: Path, wheel: Path, sdist: Path, metadata: Message) -> None:
    label = re.search(r'image\.version="([^"]+)"', (root / "Dockerfile").read_text("utf-8"))
    assert label is not None
    assert {metadata["Version"], label[1]} == {__version__}
    assert (wheel.name, sdist.name) == (f"{NAME}-{__version__}-py3-none-any.whl", f"{NAME}-{__version__}.tar.gz")


def test_the_changelog_says_what_is_in_this_version(root: Path) -> None:
    """The first section is of this version, or of what goes into the next one, and it says something."""
    sections = re.split(r"^## ", (root / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    title, _, text = sections[1].partition("\n")
    assert title in ("Unreleased", __version__) or title.startswith(f"{__version__} ")
    assert re.search(r"^### \w+\n\n\* \w", text, flags=re.MULTILINE)


def test_the_wheel_carries_its_licence_and_those_of_what_others_wrote(
    root: Path, wheel: Path, metadata: Message
) -> None:
    assert metadata["License-Expression"] == "MIT" or metadata["License"] == "MIT"
    with zipfile.ZipFile(wheel) as held:
        licences = {Path(name).name: held.read(name) for name in held.namelist() if ".dist-info/licenses/" in name}
    assert licences == {name: (root / name).read_bytes() for name in ("LICENSE", "THIRD-PARTY.txt")}


def pythons() -> list[str]:
    """The oldest and the newest Python that this machine has for the package: on its path, or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = [sys.executable, *filter(None, (which(f"python3.{minor}") for minor in range(OLDEST[1], 20)))]
    found: dict[tuple[int, ...], str] = {}
    for python in (*named, *map(str, sorted(kept.glob("*/bin/python3")))):
        asks = (python, "-c", "import sys; print(*sys.version_info[:2])")
        asked = subprocess.run(asks, capture_output=True, text=True, check=False)
        version = tuple(map(int, asked.stdout.split()))
        if asked.returncode == 0 and version >= OLDEST:
            found.setdefault(version, python)
    return [found[version] for version in dict.fromkeys((min(found), max(found)))]


@pytest.fixture(scope="module", params=pythons(), ids=lambda python: Path(python).parts[-1])
def installed(
    request: pytest.FixtureRequest, root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The `bin` folder of an empty venv into which nothing but the wheel was installed, with what it requires."""
    folder = tmp_path_factory.mktemp("installed")
    run(request.param, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    pip = Path(sys.executable).parent / "pip"
    python = folder / "venv" / "bin" / "python"
    run(pip, "--python", python, "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    run(pip, "--python", python, "check", cwd=folder)
    return folder / "venv" / "bin"


def test_an_empty_venv_needs_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    """A command gets a task to its end by a real request, and the shipped scenarios are right."""
    assert __version__ in run(installed / "mock-server", "--version", cwd=tmp_path)
    # The scenarios that are in the package, named by no path.
    assert "happy-path" in run(installed / "mock-server", "scenarios", cwd=tmp_path)
    asks = (
        "import json, os, urllib.request as r;"
        "u = os.environ['MOCK_SERVER_URL'] + '/status/get/prefop?id=happy-path.release';"
        "print([json.load(r.build_opener(r.ProxyHandler({})).open(u))['code'] for _ in range(5)])"
    )
    assert (
        run(installed / "mock-server", "exec", "--", installed / "python", "-c", asks, cwd=tmp_path)
        == "[1, 2, 0, 0, 0]\n"
    )


def test_the_bill_of_materials_lists_every_requirement(metadata: Message, components: dict[str, object]) -> None:
    required = [
        re.split(r"[^\w-]", line)[0] for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line
    ]
    assert len(required) > 8
    listed = {name.lower().replace("_", "-") for name in components}
    assert not {name.lower().replace("_", "-") for name in required} - listed


def test_the_bill_of_materials_lists_what_the_wheel_has_of_others(
    wheel: Path, components: dict[str, dict[str, Any]]
) -> None:
    htmx = components["htmx.org"]
    (file,) = (each["value"] for each in htmx["properties"])
    (digest,) = htmx["hashes"]
    assert digest == {"alg": "SHA-256", "content": hashlib.sha256(zipfile.ZipFile(wheel).read(file)).hexdigest()}
    assert htmx["licenses"] == [{"license": {"id": "0BSD"}}]
    assert htmx["purl"] == f"pkg:npm/htmx.org@{htmx['version']}"


def test_every_component_has_a_licence_that_asks_nothing_of_users(components: dict[str, dict[str, object]]) -> None:
    unknown = {name for name, component in components.items() if not is_free(component)}
    assert not unknown, "find out their licences before you publish"


def is_free(component: dict[str, object]) -> bool:
    """Whether one of the licences that a component names is of those that `FREE` lists."""
    named = json.dumps(component.get("licenses", []))
    return any(word in named for word in FREE)
