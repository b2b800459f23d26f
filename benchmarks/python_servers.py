"""The servers that are written in Python besides ours: the bare one that is the limit, and moto."""

from __future__ import annotations

from pathlib import Path

from benchmarks.interpreter import python
from benchmarks.places import BUILD, ROOT, Words
from benchmarks.sample import Sample

PACKAGES = BUILD / "pip"
"""Where packages are that only the benchmarks need."""


def has_bare() -> str | None:
    """What runs it."""
    return python().path


def bare(folder: Path, port: int, sample: Sample) -> Words:
    """One body for all."""
    (folder / "body.json").write_text(sample.body, "utf-8")
    return (python().path, str(ROOT / "benchmarks" / "bare.py"), str(port), str(folder / "body.json"))


def has_moto() -> str | None:
    """What runs moto; None where it is missing."""
    return python().path if (PACKAGES / "moto").is_dir() else None


def moto(folder: Path, port: int, sample: Sample) -> Words:
    """The body as an object of S3, at the path of the status."""
    (folder / "body.json").write_text(sample.body, "utf-8")
    script = ROOT / "benchmarks" / "moto_object.py"
    return (python().path, str(script), str(port), sample.path, str(folder / "body.json"), str(PACKAGES))
