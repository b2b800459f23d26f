"""The page on adding a vendor, followed to the letter in a copy of the tree: its files, its changes, its commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from tests.support.documents import ADDRESS, LONGEST, Block, blocks_of, commands_of, curl, shows

PAGE = "adding-a-vendor.md"
TREES = ("mock_server", "schemas", "fixtures", "scenarios")
FILES = ("CONTRIBUTING.md", "setup.cfg", "pyproject.toml", "tests/test_architecture.py")


class Copy(NamedTuple):
    """A copy of what the page needs, and the environment of its commands: they find the copy's code."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in the copy."""
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )

    def mock_server(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The copy's own command."""
        return self.run(sys.executable, "-m", "mock_server", *words)


def make_copy(root: Path, folder: Path) -> Copy:
    """A copy of the tree, with commands of the names that the page uses."""
    for name in TREES:
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    for name in FILES:
        shutil.copy(root / name, folder / name)
    tools = folder / "bin"
    tools.mkdir()
    for command, words in (("mock-server", "-m mock_server"), ("python", "")):
        (tools / command).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (tools / command).chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MOCK_SERVER_", "PYTEST_", "COV"))}
    own = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The copy has no tests but one, so neither the plugins nor the helpers of the others.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "-c /dev/null --rootdir=. --noconftest -p no:cacheprovider",
    }
    return Copy(folder, {**kept, **own})


def apply(block: Block, copy: Copy) -> None:
    """Writes the file of a block, or makes the change that it shows."""
    kind, _, path = block.mark.partition(": ")
    file = copy.folder / path
    if kind == "file":
        assert not file.exists(), block.where
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, "utf-8")
        return
    assert kind == "change", f"{block.where}: neither a file nor a change nor commands"
    lines = block.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line.startswith(" "))
    text = file.read_text("utf-8")
    assert text.count(before) == 1, f"{block.where}: {path} has no such lines, or several"
    file.write_text(text.replace(before, "".join(line[1:] for line in lines)), "utf-8")


@pytest.fixture(scope="module")
def page(root: Path) -> list[Block]:
    """The blocks of the page, in order."""
    return list(blocks_of(root / "docs" / PAGE))


@pytest.fixture(scope="module")
def copy(root: Path, page: list[Block], tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy in which the page was followed until its server is asked: files, changes and commands, in their order."""
    copy = make_copy(root, tmp_path_factory.mktemp("vendor") / "tree")
    for block in page:
        if block.language != "console":
            apply(block, copy)
            continue
        for command in commands_of(block):
            if command.words[0] != "curl":
                ended = copy.run("sh", "-c", " ".join(word if word == ">" else f"'{word}'" for word in command.words))
                assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
                assert shows(command.shown, ended.stdout), f"{command}\n{ended.stdout}"
    return copy


@pytest.fixture(scope="module")
def host(copy: Copy) -> Iterator[str]:
    """The address of a server of the copy."""
    command = subprocess.Popen(
        (sys.executable, "-m", "mock_server", "serve", "--port", "0"),
        cwd=copy.folder,
        env={**copy.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert command.stdout is not None
        yield re.findall(r"http://(\S+)", command.stdout.readline())[0]
    finally:
        command.terminate()
        command.communicate(timeout=LONGEST)


def test_the_page_names_each_file_where_readers_see_it(root: Path, page: list[Block]) -> None:
    """A comment, which tells the test, is not shown."""
    lines = (root / "docs" / PAGE).read_text("utf-8").splitlines()
    for block in page:
        if block.language != "console":
            _, _, path = block.mark.partition(": ")
            assert lines[block.line - 3] == "", block.where
            assert f"`{path}`" in lines[block.line - 4], block.where


def test_the_server_answers_what_the_page_shows(page: list[Block], host: str) -> None:
    asked = [command for block in page if block.language == "console" for command in commands_of(block)]
    asked = [command for command in asked if command.words[0] == "curl"]
    assert len(asked) == 2
    for command in asked:
        printed = curl([word.replace(ADDRESS, host) for word in command.words[1:]])
        assert shows(command.shown, printed), printed


def test_a_job_is_played_to_its_end_within_its_contract_and_others_are_refused_in_its_words(
    copy: Copy, host: str
) -> None:
    contract = json.loads((copy.folder / "schemas" / "lumen" / "status.sdk.schema.json").read_text("utf-8"))
    polls = [json.loads(curl([f"http://{host}/render/jobs/partial-failure.test"])) for _ in range(3)]
    for body in polls:
        jsonschema.validate(body, contract)
    assert [body["phase"] for body in polls] == ["queued", "rendering", "broken"]
    assert [frame["phase"] for frame in polls[2]["frames"]] == ["done", "broken"]
    error = json.loads((copy.folder / "schemas" / "lumen" / "error.schema.json").read_text("utf-8"))
    for path, code in (("jobs/nobody", "NO_JOB"), ("jobs/throttled-once.1", "SLOWER"), ("films", "NO_PAGE")):
        refused = json.loads(curl([f"http://{host}/render/{path}"]))
        jsonschema.validate(refused, error)
        assert refused["fault"]["code"] == code
    assert json.loads(curl([f"http://{host}/status/get/prefop?id=happy-path.1"]))["code"] == 1


def test_the_package_is_all_that_names_the_vendor_but_two_lines(root: Path, copy: Copy) -> None:
    named = {
        path.relative_to(copy.folder).as_posix(): len(re.findall("lumen", path.read_text("utf-8"), re.I))
        for path in (copy.folder / "mock_server").rglob("*.py")
        if re.search("lumen", path.read_text("utf-8"), re.I)
    }
    outside = {path for path in named if not path.startswith("mock_server/vendors/lumen/")}
    assert outside == {"mock_server/vendors/registry.py"}
    old, new = (
        (folder / "mock_server" / "vendors" / "registry.py").read_text("utf-8").splitlines()
        for folder in (root, copy.folder)
    )
    assert len(new) == len(old) + 2


def test_the_code_of_the_page_is_as_clean_as_the_rest(copy: Copy) -> None:
    for words in (("check",), ("format", "--check")):
        ended = copy.run(sys.executable, "-m", "ruff", *words, "--no-cache", "mock_server/vendors")
        assert ended.returncode == 0, ended.stdout


def test_a_dialect_that_breaks_its_contract_is_not_loaded(copy: Copy) -> None:
    dialect = copy.folder / "mock_server" / "vendors" / "lumen" / "status.py"
    text = dialect.read_text("utf-8")
    dialect.write_text(text.replace('"rendering"', '"renders"', 1), "utf-8")
    try:
        ended = copy.mock_server("check", "scenarios/happy-path.yaml")
    finally:
        dialect.write_text(text, "utf-8")
    assert ended.returncode != 0
    assert "lumen" in ended.stderr
    assert "renders" in ended.stderr
    assert "Traceback" not in ended.stderr
