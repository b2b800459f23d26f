"""What a command or a server imports, as `-X importtime` lists it while a process runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path

POLL = "/status/get/prefop?id=happy-path.x"


def of_ours(modules: frozenset[str]) -> frozenset[str]:
    """Those of this package, named from it."""
    return frozenset(name.partition(".")[2] for name in modules if name.startswith("mock_server."))


def ran(*words: str) -> frozenset[str]:
    """The modules that a command imports, which must end well."""
    ended = subprocess.run((*_command(sys.executable), *words), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]
    return _imported(ended.stderr)


def served(
    *targets: str, python: str | Path = sys.executable, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The modules that a server imports until it has answered these requests, and ended."""
    serve = (*_command(python), "serve", "--port", "0")
    server = subprocess.Popen(serve, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found is not None
        for target in targets:
            with urllib.request.urlopen(found.group() + target, timeout=30) as response:
                assert json.load(response)
    finally:
        server.terminate()
        log = server.communicate()[1]
    return _imported(log)


def _command(python: str | Path) -> tuple[str, ...]:
    return (str(python), "-X", "importtime", "-m", "mock_server")


def _imported(log: str) -> frozenset[str]:
    rows = _rows(log)
    assert "mock_server.cli" in rows
    return rows - _of_any_process()


def _rows(log: str) -> frozenset[str]:
    return frozenset(re.findall(r"^import time: +[0-9]+ \| +[0-9]+ \| +(\S+)$", log, re.MULTILINE))


@cache
def _of_any_process() -> frozenset[str]:
    """What every process here imports: a run that measures coverage has each import its own modules."""
    words = (*_command(sys.executable)[:3], "-c", "pass")
    return _rows(subprocess.run(words, capture_output=True, text=True, check=True).stderr)
