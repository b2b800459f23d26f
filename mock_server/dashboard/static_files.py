"""The files that pages refer to, each at an address that names its content, so that a browser keeps it for ever."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from mock_server.dashboard.address import STATIC
from mock_server.http.message import Request, Response
from mock_server.http.responses import response

FOLDER = Path(__file__).resolve().parent / "static"
TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
_FOREVER = ("Cache-Control", "public, max-age=31536000, immutable")


class _File(NamedTuple):
    type: str
    body: bytes
    packed: bytes


class StaticFiles:
    """The static files, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, _File] = {}
        self._addresses: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in TYPES:
                body = path.read_bytes()
                address = f"{STATIC}{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
                self._addresses[path.name] = address
                self._files[address] = _File(TYPES[path.suffix], body, gzip.compress(body, mtime=0))

    def address(self, name: str) -> str:
        """Where a file of the folder is."""
        return self._addresses[name]

    def answer(self, request: Request) -> Response | None:
        """The file at a path; None if there is none."""
        file = self._files.get(request.path)
        if file is None:
            return None
        headers: tuple[tuple[str, str], ...] = (_FOREVER, ("Vary", "Accept-Encoding"))
        if "gzip" in (request.header("Accept-Encoding") or ""):
            return response(200, file.packed, type=file.type, headers=(*headers, ("Content-Encoding", "gzip")))
        return response(200, file.body, type=file.type, headers=headers)
