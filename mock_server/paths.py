"""Where schemas, scenarios and fixtures live: in the installed package, or at the top of the source tree.

And what a path that somebody named leads to, before it is opened: a pipe would keep its reader waiting for ever.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)

_HERE = Path(__file__).resolve().parent


def data(kind: str) -> Path:
    """The folder of `schemas`, `scenarios` or `fixtures`.

    A wheel carries them as `mock_server/_data/<kind>`; an editable install leaves them in the tree.
    """
    installed = _HERE / "_data" / kind
    return installed if installed.is_dir() else _HERE.parent / kind


def why_no_file(path: str | Path) -> str | None:
    """Why a path cannot be read as a file (`it is a folder`, `No such file or directory`); None if it can be opened."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        return error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return next((what for is_kind, what in _KINDS if is_kind(mode)), None)
