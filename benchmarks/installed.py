"""This package as a wheel installs it, for what is measured: the data and the compiled scenarios are in it.

A server in the source tree compiles and checks all shipped scenarios at each start, which nobody's server does who has
installed it.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.interpreter import python
from benchmarks.places import BUILD, ROOT
from benchmarks.process import surroundings
from mock_server.scenarios.compiled import KINDS

_NOT_INSTALLED = shutil.ignore_patterns("__pycache__")


def installed() -> Path:
    """A folder that has the package of this tree, with its bytecode; made once, and gone when this process ends."""
    return Path(_made().name)


@cache
def _made() -> TemporaryDirectory[str]:
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = TemporaryDirectory(prefix="installed-", dir=BUILD)
    package = Path(folder.name) / "mock_server"
    shutil.copytree(ROOT / "mock_server", package, ignore=_NOT_INSTALLED)
    for kind in KINDS:
        shutil.copytree(ROOT / kind, package / "_data" / kind, ignore=_NOT_INSTALLED)
    # As setup.py and an installer do.
    for words in (("mock_server.scenarios.write_compiled",), ("compileall", "-q", "mock_server")):
        command = (python().path, "-m", *words)
        subprocess.run(command, cwd=folder.name, env=surroundings(Path(folder.name)), check=True)
    return folder
