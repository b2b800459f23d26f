"""Which Python runs the servers that are written in it: one built with profile-guided optimisation, where there is one.

A build without it (pyenv's default, for one) takes about a fifth more time for the same work.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.places import BUILD

_ASK = """
import json, platform, sysconfig
print(json.dumps([platform.python_version(), sysconfig.get_config_var("CONFIG_ARGS")]))
"""
_NEEDED = "import msgspec, httptools, yaml, jsonschema_rs, click, orjson, uvloop"
"""Compiled packages of this interpreter that the other must be able to load."""


class Python(NamedTuple):
    """An interpreter, and how it was built."""

    path: str
    version: str
    optimised: bool
    build: str

    def __str__(self) -> str:
        return f"CPython {self.version}, {self.build}"


@cache
def python() -> Python:
    """The optimised one of this interpreter and the system's of the same version; without one, this interpreter."""
    own = _asked(sys.executable)
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    if own.optimised or not Path(system).exists():
        return own
    other = _asked(system)
    lent = _lent(system)
    works = subprocess.run([lent, "-c", _NEEDED], capture_output=True, check=False).returncode == 0
    return other._replace(path=lent) if other.optimised and works else own


def described(path: str, version: str, arguments: str, *, debian: bool) -> Python:
    """An interpreter by the arguments of its configuration. `debian`: this machine's packages are Debian's."""
    if "--enable-optimizations" in arguments:
        return Python(path, version, True, "built with profile-guided optimisation")
    if debian and Path(path).resolve().parent == Path("/usr/bin"):
        # Its configuration does not tell: the package's rules ask make for it.
        return Python(path, version, True, "Debian's package, which is built with profile-guided optimisation")
    return Python(path, version, False, "built without profile-guided optimisation")


def _asked(path: str) -> Python:
    said = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=True).stdout
    version, arguments = json.loads(said)
    return described(path, version, arguments or "", debian=Path("/etc/debian_version").exists())


def _lent(system: str) -> str:
    """A virtual environment in which another interpreter finds the packages of this one.

    They come after its standard library, as they do here: packages can have the names of modules in it.
    """
    folder = BUILD / "python"
    packages = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(system).parent}\n", "utf-8")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    link = folder / "bin" / "python"
    if not link.is_symlink():
        link.symlink_to(system)
    return str(link)
