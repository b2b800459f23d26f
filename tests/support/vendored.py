"""Files in this tree that others wrote: each folder of them has a `vendored.toml`.

`python -m tests.support.vendored` rewrites `THIRD-PARTY.txt`, which goes with the package;
`python -m tests.support.vendored BILL` adds what is in the package to a bill of materials (CycloneDX, JSON), which a
tool made of what is installed beside it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = frozenset({".venv", "build", "dist", "node_modules"})
NOTICE = "THIRD-PARTY.txt"
HEAD = "mock-server is under the licence in LICENSE. Its package also has these files, which others wrote."


class Vendored(NamedTuple):
    """A file, from the root of the tree, and what its folder's list says. `purl` is the package it was taken from."""

    file: Path
    name: str
    version: str
    purl: str
    package: str
    licence: str
    licence_file: Path
    sha256: str

    @property
    def packaged(self) -> bool:
        """Whether it is in the wheel."""
        return self.file.parts[0] == "mock_server"


def read(root: Path = ROOT) -> list[Vendored]:
    """All of them. TypeError: a list leaves something out."""
    lists = (each for top in sorted(root.iterdir()) if top.is_dir() and top.name not in SKIPPED for each in _lists(top))
    return [
        Vendored(
            **{
                **about,
                "file": (path.parent / name).relative_to(root),
                "licence_file": (path.parent / about["licence_file"]).relative_to(root),
            }
        )
        for path in lists
        for name, about in tomllib.loads(path.read_text("utf-8")).items()
    ]


def _lists(top: Path) -> list[Path]:
    return [each for each in sorted(top.rglob("vendored.toml")) if not SKIPPED & set(each.parts)]


def notice(root: Path = ROOT) -> str:
    """The text of `THIRD-PARTY.txt`: each packaged file with the whole of its licence."""
    parts = [
        f"{each.file}\n{each.name} {each.version} ({each.package})\nLicence: {each.licence}\n\n"
        f"{(root / each.licence_file).read_text('utf-8').strip()}\n"
        for each in read(root)
        if each.packaged
    ]
    return f"\n{'-' * 80}\n\n".join([f"{HEAD}\n", *parts])


def component(vendored: Vendored) -> dict[str, Any]:
    """A file as a bill of materials lists it."""
    return {
        "type": "library",
        "bom-ref": f"vendored:{vendored.file}",
        "name": vendored.name,
        "version": vendored.version,
        "purl": vendored.purl,
        "licenses": [{"license": {"id": vendored.licence}}],
        "hashes": [{"alg": "SHA-256", "content": vendored.sha256}],
        "properties": [{"name": "mock-server:file", "value": str(vendored.file)}],
    }


def add_to(bill: Path, root: Path = ROOT) -> None:
    """Adds to a bill of materials what is in the package."""
    held = json.loads(bill.read_text("utf-8"))
    held["components"] += [component(each) for each in read(root) if each.packaged]
    bill.write_text(json.dumps(held, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        add_to(Path(sys.argv[1]))
    else:
        (ROOT / NOTICE).write_text(notice(), "utf-8")
