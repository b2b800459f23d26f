"""The wheel, built as `make wheel` does, and commands that nothing of this tree or of its settings reaches."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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


def build_wheel(root: Path, folder: Path) -> Path:
    """The wheel, built by `make wheel` in a copy of the tree, where an earlier build has left its work."""
    tree = shutil.copytree(root, folder / "tree", ignore=NOT_BUILT_FROM)
    old = tree / "build" / "lib" / "mock_server" / "long_gone.py"
    old.parent.mkdir(parents=True)
    old.touch()
    # With this interpreter and its setuptools: nothing is fetched.
    binaries = Path(sys.executable).parent
    have = ("--assume-old", ".venv/.stamp-venv", f"BIN={binaries}")
    (tree / ".venv").mkdir()
    (tree / ".venv" / ".stamp-venv").touch()
    printed = run("env", "PIP_NO_BUILD_ISOLATION=0", "make", "--silent", *have, "wheel", cwd=tree)
    built = tree / printed.strip()
    assert built.parent.name == "dist"
    return built
