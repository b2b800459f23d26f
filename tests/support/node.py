"""One process of a vendor's JavaScript SDK that polls every task the tests look at, for starting one takes long."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_DRIVERS = Path(__file__).parents[1] / "sdk"


def polled(driver: str, node_sdks: Path, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What callers were handed, in order, by the driver of this name in `sdk/`; SDKs may log in between."""
    node = shutil.which("node")
    assert node is not None, "no node on the path: run make test"
    ended = subprocess.run(
        [node, str(_DRIVERS / driver)],
        input=json.dumps(jobs),
        env={**os.environ, "NODE_PATH": str(node_sdks / "node_modules")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith('{"id"')]
