"""Where schemas, scenarios and fixtures live: in the installed package, or at the top of the source tree."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def data(kind: str) -> Path:
    """The folder of `schemas`, `scenarios` or `fixtures`.

    A wheel carries them as `mock_server/_data/<kind>`; an editable install leaves them in the tree.
    """
    installed = _HERE / "_data" / kind
    return installed if installed.is_dir() else _HERE.parent / kind
