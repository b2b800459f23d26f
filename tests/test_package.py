"""The wheel: what it holds, and that it serves where there is no source tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# One worker builds the wheel for all of these.
pytestmark = pytest.mark.xdist_group("package")

DATA = ("schemas", "scenarios", "fixtures")
NOT_BUILT_FROM = shutil.ignore_patterns(
    ".*", "build", "dist", "tests", "docs", "benchmarks", "*.egg-info", "__pycache__"
)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would lead a child back to the source tree, or measure it."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV", "MOCK_SERVER_"))}


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that must end well."""
    ended = subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree: setuptools leaves its work in a tree, and takes up old work there."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(root, folder / "tree", ignore=NOT_BUILT_FROM)
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", folder, folder / "tree", cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The `bin` folder of a venv that has the wheel, and this interpreter's packages behind it."""
    venv = wheel.parent / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=wheel.parent)
    python = venv / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, wheel, cwd=wheel.parent)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return venv / "bin"


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The address that `mock-server serve --port 0` printed, away from the source tree."""
    command = (installed / "mock-server", "serve", "--port", "0")
    server = subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    # A server that says nothing would keep `readline` waiting for ever.
    too_long = threading.Timer(60, server.kill)
    too_long.start()
    assert server.stdout is not None
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            pytest.fail(f"the server named no address:\n{''.join(said)}")
        yield found.group()
    finally:
        too_long.cancel()
        server.terminate()
        server.communicate()


def test_the_wheel_holds_every_module_and_every_data_file(root: Path, wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(root).as_posix() for path in (root / "mock_server").rglob("*.py")}
    data = {
        f"mock_server/_data/{path.relative_to(root).as_posix()}"
        for kind in DATA
        for path in (root / kind).rglob("*")
        if path.suffix in {".json", ".yaml"}
    }
    assert not sorted((modules | data) - held), "name their packages in setup.cfg"
    assert {path.split("/")[2] for path in data} == set(DATA), "a folder of data is empty"


def test_the_wheel_holds_nothing_that_only_the_tree_needs(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mock_server"}


def test_an_installed_package_finds_its_data_in_itself(installed: Path, tmp_path: Path) -> None:
    code = f"from mock_server.paths import data; print(*(data(kind) for kind in {DATA}), sep='\\n')"
    found = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    assert [Path(path).is_relative_to(installed.parent) and Path(path).is_dir() for path in found] == [True] * 3


def test_an_installed_server_plays_a_shipped_scenario(served: str) -> None:
    with urllib.request.urlopen(f"{served}/status/get/prefop?id=happy-path.x", timeout=30) as response:
        assert json.load(response)["code"] == 1
