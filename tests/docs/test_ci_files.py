"""The CI files of `examples/ci`, held to the published schemas, and their commands run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml

from mock_server.types import Json
from tests.support.live import serving

SCHEMAS = Path(__file__).with_name("schemas")
INSTALLS = ("pip install", "npm ci", "apt-get")
MATRIX = "${{ matrix.profile }}"
SCENARIO = "about: Waits, then succeeds.\nsteps:\n  - {state: waiting, polls: 2}\n  - {state: succeeded}\n"


class Step(NamedTuple):
    """A command of a job, with the variables that the job sets."""

    job: str
    command: str
    variables: dict[str, str]


class Plain(yaml.SafeLoader):
    """Reads `on` as the word that it is in a workflow, as GitHub does."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool") or first not in "oO"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(root: Path, name: str) -> Any:
    return yaml.load((root / "examples" / "ci" / name).read_text("utf-8"), Plain)


def problems(document: Json, schema: str) -> list[str]:
    """What is wrong with a file, by a schema of `schemas/`."""
    rules = json.loads((SCHEMAS / f"{schema}.json").read_text("utf-8"))
    checker = jsonschema.validators.validator_for(rules)(rules)
    return [f"{found.json_path}: {found.message[:200]}" for found in checker.iter_errors(document)]


def of_github(document: Any) -> Iterator[Step]:
    for name, job in document["jobs"].items():
        (profile,) = {values[-1] for values in job.get("strategy", {}).get("matrix", {}).values()} or {""}
        for step in job["steps"]:
            if "run" in step:
                given = {
                    key: value.replace("${{ matrix.profile }}", profile) for key, value in step.get("env", {}).items()
                }
                yield Step(name, step["run"], document["env"] | given)


def of_gitlab(document: Any) -> Iterator[Step]:
    for name, job in document.items():
        if "script" in job:
            matrix = {
                key: values[-1] for each in job.get("parallel", {}).get("matrix", ()) for key, values in each.items()
            }
            given = document["variables"] | job.get("variables", {}) | matrix
            yield from (Step(name, line, given) for line in (*job.get("before_script", ()), *job["script"]))


FILES = (("github-actions.yml", "github-workflows", of_github), ("gitlab-ci.yml", "gitlab-ci", of_gitlab))


@pytest.mark.parametrize(("name", "schema", "steps_of"), FILES)
def test_the_file_is_what_its_service_takes(root: Path, name: str, schema: str, steps_of: Any) -> None:
    document = read(root, name)
    assert problems(document, schema) == []
    jobs = document.get("jobs", document)
    jobs["pytest"]["stepz" if "jobs" in document else "scripts"] = []
    assert problems(document, schema), "the schema finds nothing wrong with an unknown key"


def distinct(root: Path) -> list[Step]:
    """The commands of all files that install nothing: of equal ones, with equal settings, the first."""
    found: dict[tuple[object, ...], Step] = {}
    for name, _, steps_of in FILES:
        for step in steps_of(read(root, name)):
            ours = {key: value for key, value in step.variables.items() if key.startswith("MOCK_SERVER_")}
            if not step.command.startswith(INSTALLS):
                found.setdefault((step.command, *sorted(ours.items())), step)
    return list(found.values())


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of the commands that the files' jobs install."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for command, module in (("mock-server", "mock_server"), ("pytest", "pytest")):
        (folder / command).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (folder / command).chmod(0o755)
    return folder


def test_every_command_that_does_not_install_ends_well(
    root: Path, tmp_path: Path, tools: Path, node_sdks: Path
) -> None:
    """Those of both files, the same ones once."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MOCK_SERVER_", "PYTEST_"))}
    own = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root),
        "NODE_PATH": str(node_sdks / "node_modules"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "-p mock_server.pytest_plugin -p no:cacheprovider",
    }
    ran = []
    with serving() as server:
        for number, step in enumerate(distinct(root)):
            example = "node-test" if "node" in step.command else "pytest-qiniu"
            project = shutil.copytree(
                root / "examples" / example, tmp_path / str(number), ignore=shutil.ignore_patterns("__pycache__")
            )
            (project / "scenarios").mkdir()
            (project / "scenarios" / "order.yaml").write_text(SCENARIO)
            given = {key: value.replace("http://mock-server:8080", server.url) for key, value in step.variables.items()}
            ended = subprocess.run(
                ("sh", "-c", step.command),
                cwd=project,
                env={**kept, **given, **own},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert ended.returncode == 0, f"{step}\n{ended.stdout}{ended.stderr}"
            ran.append(step.job)
    assert ran == ["scenarios", "pytest", "any-language", "service"]
