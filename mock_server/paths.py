"""Where schemas, scenarios and fixtures live: in the installed package, or at the top of the source tree.

And what a path that somebody named leads to, before it is opened: a pipe would keep its reader waiting for ever.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)

_PIECE = 1 << 16
"""Bytes that are read at once: most files have fewer. A larger buffer is memory of its own each time, which takes
longer to get than the file to read."""

PACKAGE = Path(__file__).resolve().parent
"""Where the code is."""


def data(kind: str) -> Path:
    """The folder of `schemas`, `scenarios` or `fixtures`.

    A wheel carries them as `mock_server/_data/<kind>`; an editable install leaves them in the tree.
    """
    installed = PACKAGE / "_data" / kind
    return installed if installed.is_dir() else PACKAGE.parent / kind


def compiled() -> Path:
    """The file of the shipped scenarios as a wheel has them. A source tree has none."""
    return PACKAGE / "_data" / "compiled.json"


def read_start(path: str | Path, most: int) -> bytes:
    """The first `most` bytes of a file. OSError: it cannot be read, or is no file, and `strerror` says what it is.

    It waits for nobody, and reads no more than it was asked for, whatever the path leads to now.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        what = _what_else(os.fstat(descriptor).st_mode)
        if what is not None:
            raise OSError(errno.EINVAL, what, str(path))
        return read_open(descriptor, most)
    finally:
        os.close(descriptor)


def read_open(descriptor: int, most: int | None = None) -> bytes:
    """The content of an open file from where it stands, or the next `most` bytes. OSError: it cannot be read."""
    pieces: list[bytes] = []
    left = sys.maxsize if most is None else most
    while left and (piece := os.read(descriptor, min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def why_no_file(path: str | Path) -> str | None:
    """Why a path cannot be read as a file (`it is a folder`, `No such file or directory`); None if it can be opened."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        return error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return _what_else(mode)


def _what_else(mode: int) -> str | None:
    """What a path leads to that is no file; None for a file."""
    if stat.S_ISREG(mode):
        return None
    return next((what for is_kind, what in _KINDS if is_kind(mode)), None)
