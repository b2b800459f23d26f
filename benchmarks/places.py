"""Where things are, and the words of a command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
JSON_TYPE = "application/json"

Words = tuple[str, ...]


def write_json(path: Path, document: Any) -> None:
    """Writes a file that a server reads at its start."""
    path.write_text(json.dumps(document), "utf-8")
