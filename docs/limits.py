"""The bounds of the program, found where they live, for `limits.md`. `build.py` uses it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from mock_server.settings import Settings, flag
from mock_server.types import Bound

UNITS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
CACHES = ("emulator.fast_path", "scenarios.catalogue", "scenarios.spellings", "vendors.layouts", "vendors.render")
REQUESTS = ("vendors.credentials", "vendors.dialect", "vendors.submission")
GROUPS = (
    ("Requests and connections", ("emulator", "http", "server", *REQUESTS)),
    ("Notifications", ("notify",)),
    ("The admin API and its pages", ("admin", "control", "dashboard")),
    ("Scenario files and lists of items", ("engine", "scenarios", "schema", "vendors.fixtures", "vendors.places")),
    ("What is kept", ("journal", "store", *CACHES)),
    ("Messages, logs and the command line", ("cli", "control.recording", "errors", "settings", "vendors.pool")),
)
"""What users have in hand, and the modules whose bounds they meet there; the longest name that fits counts."""


def bounds(root: Path) -> Iterator[tuple[str, Bound]]:
    """Every bound, with the module that defines it: those in a module's names, alone or in a tuple."""
    home = root / "mock_server"
    for path in sorted(home.rglob("*.py")):
        if "Bound(" not in path.read_text(encoding="utf-8") or path.name == "types.py":
            continue
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        for value in vars(importlib.import_module(name)).values():
            for each in value if isinstance(value, tuple) and not isinstance(value, Bound) else (value,):
                if isinstance(each, Bound):
                    yield name.removeprefix("mock_server."), each


def groups(root: Path) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The title of each group, and its rows."""
    found: dict[str, list[tuple[str, ...]]] = {title: [] for title, _ in GROUPS}
    for row in rows(root):
        found[group(row[-1].strip("`"))].append(row)
    yield from found.items()


def group(module: str) -> str:
    """The title of the group that a module's bounds are in."""
    fitting = [(len(name), title) for title, names in GROUPS for name in names if f"{module}.".startswith(f"{name}.")]
    assert fitting, f"no group has the bounds of {module}"
    return max(fitting)[1]


def rows(root: Path) -> Iterator[tuple[str, ...]]:
    """A row for each bound: its name, the default with its unit, the setting, what happens beyond it, the module."""
    seen = set()
    for module, bound in bounds(root):
        if bound in seen:  # a module may import another's
            continue
        seen.add(bound)
        setting = f"`{flag(bound.setting)}`" if bound.setting else "–"
        yield bound.name, amount(default(bound), bound.unit), setting, bound.beyond, f"`{module}`"


def default(bound: Bound) -> int:
    """The bound where no setting changes it."""
    found = getattr(Settings(), bound.setting) if bound.setting else bound.value
    assert found == bound.value, f"{bound.name}: the setting's default is {found}"
    return bound.value


def amount(value: int, unit: str) -> str:
    """A value in its unit, as people write it."""
    if unit != "bytes":
        return f"{value:,} {unit}"
    word, size = next(((word, size) for word, size in UNITS if value % size == 0), ("bytes", 1))
    return f"{value // size:,} {word}"
