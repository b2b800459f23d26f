"""Everything stands in setup.cfg, but for one step of the build: the wheel has the shipped scenarios compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class Build(build_py):
    """Builds the package, and then lets the built package compile its scenarios. An editable install has none."""

    def run(self) -> None:
        """See `mock_server/scenarios/compiled.py`."""
        super().run()
        if self.editable_mode:
            return
        built = Path(self.build_lib).resolve()
        # In a process of its own, in the built tree: this one may have imported the source tree, which has no data.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(built), os.environ.get("PYTHONPATH", "")])}
        command = (sys.executable, "-B", "-m", "mock_server.scenarios.write_compiled")
        subprocess.run(command, cwd=built, env=environment, check=True)


setup(cmdclass={"build_py": Build})
