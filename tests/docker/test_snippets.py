"""The compose files and the CI step that the pages show, run as they stand in a project of somebody's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.docker.engine import CLIENT, ROOT, Project, docker
from tests.support.documents import Block, blocks

COMPOSE = [block for block in blocks("yaml") if block.text.startswith("services:")]
CI_STEP = [block for block in blocks("sh") if block.page == "docker.md" and "exec -- pytest" in block.text]
BUILT_FROM = (
    ".dockerignore",
    "Dockerfile",
    "LICENSE",
    "THIRD-PARTY.txt",
    "README.md",
    "pyproject.toml",
    "setup.cfg",
    "fixtures",
    "mock_server",
    "scenarios",
    "schemas",
)
MY_JOB = "steps:\n  - {state: waiting, polls: 1}\n  - {state: failed}\n"
DOCKERFILE = f"FROM {CLIENT}\nCOPY my_tests.py .\nCMD python my_tests.py\n"
TESTS = """
import os
from qiniu import Auth, PersistentFop, set_default
if "QINIU_API" in os.environ:
    set_default(default_api_host=os.environ["QINIU_API"])
else:
    set_default(default_api_host="https://api.qiniuapi.com")
fops = PersistentFop(Auth("ak", "sk"), "bucket")
assert [fops.get_status("my-job.snippet")[0]["code"] for _ in range(2)] == [1, 3]
"""
PYTEST_TESTS = """
import os
from qiniu import Auth, PersistentFop, set_default
set_default(default_api_host=os.environ["MOCK_SERVER_URL"])

def test_a_job_ends():
    fops = PersistentFop(Auth("ak", "sk"), "bucket")
    assert [fops.get_status("happy-path.ci-step")[0]["code"] for _ in range(3)] == [1, 2, 0]
"""


def clone(folder: Path) -> None:
    """What of this tree an image is built from."""
    for name in BUILT_FROM:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(source, target)


def build_of_this_machine() -> dict[str, object]:
    """What this machine must add to a build: the pages' snippets are for one that can pull images."""
    images = {name: os.environ[name] for name in ("PYTHON_IMAGE", "BUILD_IMAGE") if name in os.environ}
    return {"network": os.environ.get("BUILD_NETWORK", "default"), "args": images}


@pytest.mark.parametrize("block", COMPOSE, ids=lambda block: block.where)
def test_a_compose_file_of_a_page_runs_somebodys_tests(
    project: Callable[..., Project], tmp_path: Path, block: Block
) -> None:
    clone(tmp_path / "mock-server")
    (tmp_path / "my-scenarios").mkdir()
    (tmp_path / "my-scenarios" / "my-job.yaml").write_text(MY_JOB, "utf-8")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, "utf-8")
    (tmp_path / "my_tests.py").write_text(TESTS, "utf-8")
    (tmp_path / "docker-compose.yml").write_text(block.text.replace("127.0.0.1:8080:", "127.0.0.1:0:"), "utf-8")
    beside = tmp_path / "of-this-machine.yml"
    builds = {"mock-server": {"build": {"context": "./mock-server", **build_of_this_machine()}}}
    beside.write_text(yaml.safe_dump({"services": builds}), "utf-8")
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(path.stat().st_mode | 0o055)
    one = project(tmp_path / "docker-compose.yml", beside)
    one.compose("build")
    one.compose("up", "--exit-code-from", "tests")


@pytest.mark.parametrize("block", CI_STEP, ids=lambda block: block.where)
def test_the_ci_step_of_a_page_runs_somebodys_tests(tmp_path: Path, block: Block) -> None:
    clone(tmp_path / "mock-server")
    (tmp_path / "test_jobs.py").write_text(PYTEST_TESTS, "utf-8")
    image = os.environ.get("BUILD_IMAGE", "python:3.13-slim")
    # The container's own copy: what it leaves as root could not be removed by whoever runs this.
    script = f"set -e\ncp -r /from /step\ncd /step\n{block.text}"
    network = os.environ.get("BUILD_NETWORK", "bridge")
    volume = f"{tmp_path}:/from:ro"
    assert "1 passed" in docker("run", "--rm", "--network", network, "--volume", volume, image, "sh", "-c", script)


def test_the_pages_show_what_is_tested_here() -> None:
    assert len(COMPOSE) == 3
    assert len(CI_STEP) == 1
