"""The start page of a team, followed word for word in a folder of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.docker.engine import ROOT, Project
from tests.docker.test_snippets import build_of_this_machine, clone
from tests.support.curl import curl
from tests.support.documents import ADDRESS, Block, blocks_of, commands_of, shows

PAGE = ROOT / "docs" / "start-compose.md"


def test_the_start_page_of_a_team_can_be_followed(project: Callable[..., Project], tmp_path: Path) -> None:
    beside = tmp_path / "of-this-machine.yml"
    builds = {"mock-server": {"build": {"context": "./mock-server", **build_of_this_machine()}}}
    beside.write_text(yaml.safe_dump({"services": builds}), "utf-8")
    (tmp_path / "my-scenarios").mkdir()
    one = project(tmp_path / "docker-compose.yml", beside)
    for block in blocks_of(PAGE):
        follow(block, one, tmp_path)
    assert not one.container()


def follow(block: Block, one: Project, folder: Path) -> None:
    """Does what a block of the page says; the engine chooses the port of the host."""
    if block.language == "sh":
        for words in map(shlex.split, block.text.splitlines()):
            if words[:2] == ["git", "clone"]:
                clone(folder / words[-1])
                continue
            assert words[:2] == ["docker", "compose"]
            one.compose(*words[2:])
            if words[2] == "up":
                one.healthy()
    elif block.language == "console":
        host = one.url().removeprefix("http://")
        for command in commands_of(block):
            assert command.words[0] == "curl"
            printed = curl([word.replace(ADDRESS, host) for word in command.words[1:]])
            assert shows(command.shown, printed), f"{block.where}\n{printed}"
    elif block.text.startswith("services:"):
        (folder / "docker-compose.yml").write_text(block.text.replace(f"{ADDRESS}:", "127.0.0.1:0:"), "utf-8")
        for path in (folder, *folder.parents[:2]):
            path.chmod(path.stat().st_mode | 0o055)
    else:
        (folder / "my-scenarios" / f"{block.name}.yaml").write_text(block.text, "utf-8")
