"""The wheel: what it holds, and that it serves where there is no source tree."""

from __future__ import annotations

import json
import keyword
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

from mock_server import __version__
from tests.support.imports import POLL, of_ours
from tests.support.imports import served as served_by
from tests.support.wheel import NOT_BUILT_FROM, clean_environment, run

# One worker builds the wheel for all of these, and for tests/docs/test_start.py.
pytestmark = pytest.mark.xdist_group("package")

pytestmark = pytest.mark.xdist_group("package")  # they share a wheel, which takes seconds to build
DATA = ("schemas", "scenarios", "fixtures")


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
    assert "mock_server/long_gone.py" not in zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mock_server"}


def test_the_wheel_is_named_as_the_pages_say(wheel: Path) -> None:
    assert wheel.name == f"task_status_mock-{__version__}-py3-none-any.whl"


def test_a_requirement_names_the_distribution_and_a_repository(root: Path, tmp_path: Path) -> None:
    tree = shutil.copytree(root, tmp_path / "tree", ignore=NOT_BUILT_FROM)
    commit = ("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "all")
    for words in (("init", "--quiet"), ("add", "--all"), commit):
        run("git", *words, cwd=tree)
    line = next(line for line in (root / "README.md").read_text("utf-8").splitlines() if "@ git+" in line)
    requirement = line.split('"')[1].replace("https://git.example.com/team/mock-server.git", tree.as_uri())
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    run(*pip, "--target", tmp_path / "there", requirement, cwd=tmp_path)
    assert (tmp_path / "there" / "mock_server" / "_data" / "scenarios" / "happy-path.yaml").is_file()
    assert [path.name for path in (tmp_path / "there" / "bin").iterdir()] == ["mock-server"]


def test_an_installed_package_finds_its_data_in_itself(installed: Path, tmp_path: Path) -> None:
    code = f"from mock_server.paths import data; print(*(data(kind) for kind in {DATA}), sep='\\n')"
    found = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    assert [Path(path).is_relative_to(installed.parent) and Path(path).is_dir() for path in found] == [True] * 3


def test_an_installed_server_plays_a_shipped_scenario(served: str) -> None:
    with urllib.request.urlopen(f"{served}/status/get/prefop?id=happy-path.x", timeout=30) as response:
        assert json.load(response)["code"] == 1


def imports(installed: Path, *words: str, cwd: Path) -> str:
    """What the interpreter says of the imports of a command."""
    python: tuple[str | Path, ...] = (installed / "python", "-X", "importtime", installed / "mock-server")
    ended = subprocess.run(
        (*python, *words), cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


@pytest.fixture
def package(installed: Path) -> Iterator[Path]:
    """The installed package, which a test may change."""
    (found,) = installed.parent.glob("lib/python*/site-packages/mock_server")
    kept = shutil.copytree(found, installed.parent / "kept")
    yield found
    shutil.rmtree(found)
    kept.rename(found)


def test_a_wheel_plays_its_scenarios_without_reading_yaml(installed: Path, tmp_path: Path) -> None:
    for command in (("scenarios",), ("show", "happy-path"), ("scenarios", "--profile", "live")):
        assert not re.search(
            r"\| +(yaml|mock_server\.scenarios\.file)$", imports(installed, *command, cwd=tmp_path), re.M
        )


def test_an_installed_server_imports_no_more_than_a_poll_and_the_health_need(installed: Path, tmp_path: Path) -> None:
    """Each module of ours takes some tenths of a millisecond of every start. There are a few to spare."""
    modules = served_by(POLL, "/__admin/health", python=installed / "python", cwd=tmp_path, env=clean_environment())
    assert not {name for name in modules if name.startswith(("yaml", "mock_server.scenarios.compile."))}
    assert len(of_ours(modules)) <= 178


@pytest.mark.parametrize(
    "place",
    [
        "_data/schemas/huawei/error.schema.json",
        "_data/scenarios/slow.yaml",
        "_data/fixtures/qiniu/items.json",
        "vendors/wangsu/status.py",
    ],
)
def test_one_changed_byte_of_an_installed_package_has_the_scenarios_loaded_anew(
    installed: Path, package: Path, tmp_path: Path, place: str
) -> None:
    with (package / place).open("ab") as file:
        file.write(b"\n")
    assert re.search(r"\| +yaml$", imports(installed, "scenarios", cwd=tmp_path), re.M)


def test_what_was_compiled_is_in_force_for_the_vendors_own_words_and_never_for_a_check(
    installed: Path, package: Path, tmp_path: Path
) -> None:
    compiled = package / "_data" / "compiled.json"
    found = json.loads(compiled.read_bytes())
    for row in found["scenarios"]:
        row[1][1]["about"] = "compiled"
        row[2] = [0, 0, 0]
    compiled.write_text(json.dumps(found), "utf-8")
    assert " compiled" in run(installed / "mock-server", "scenarios", cwd=tmp_path)
    option = ("--option", "huawei.casing=lower")
    assert " compiled" not in run(installed / "mock-server", "scenarios", *option, cwd=tmp_path)
    assert ", 0 steps" not in run(installed / "mock-server", "check", cwd=tmp_path)


def test_two_wheels_of_one_tree_have_the_same_scenarios(root: Path, wheel: Path, tmp_path: Path) -> None:
    file = tmp_path / "compiled.json"
    code = (
        "import sys, pathlib; from mock_server.scenarios import write_compiled as w; w.write(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run((sys.executable, "-c", code, file), cwd=root, check=True)
    assert json.loads(zipfile.ZipFile(wheel).read("mock_server/_data/compiled.json")) == json.loads(file.read_bytes())


def test_every_module_can_be_imported_by_its_name(root: Path) -> None:
    files = (root / "mock_server").rglob("*.py")
    named = {part for file in files for part in file.relative_to(root).with_suffix("").parts}
    assert [name for name in named if not name.isidentifier() or keyword.iskeyword(name)] == []


def test_the_image_is_built_from_all_that_the_wheel_is(root: Path) -> None:
    context = (root / ".dockerignore").read_text("utf-8").splitlines()
    licences, build = {"LICENSE", "THIRD-PARTY.txt"}, {"pyproject.toml", "setup.cfg", "setup.py"}
    needed = {*licences, *build, "README.md", "mock_server", *DATA}
    assert {line[1:] for line in context if line.startswith("!")} >= needed
