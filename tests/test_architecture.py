"""The plan of the house, held against the code: who imports whom, and what no module may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = "mock_server"
HOME = Path(__file__).resolve().parent.parent / PACKAGE

# Each row imports only from rows above it. A name stands for a module or a whole package; `vendors.*` makes each
# package in it a place of its own, so that vendors cannot lean on one another. Inside one place modules may import
# each other, but never in a circle.
ROWS = (
    "errors draw json_text memo moments paths version",
    "clock exchange settings logs listening",
    "engine",
    "contract fixtures",
    "vendors.dialect",
    "vendors.*",
    "vendors.registry",
    "own_replies",
    "journal",
    "filter coverage",
    "meter access_log",
    "render faults",
    "library pace",
    "loader near_miss",
    "scenario_schema verify",
    "store",
    "agenda",
    "decision matching sweep",
    "emulator",
    "reload",
    "assembly",
    "control",
    "bundle",
    "home pool timeline metrics",
    "admin",
    "front",
    "certificates intercept",
    "app flask_door wire",
    "doors",
    "client",
    "here",
    "__init__",
    "health pytest_plugin",
    "cli",
    "__main__",
)

# Slow to import, so imported on first use: only these modules may name them at the top.
HEAVY: Mapping[str, frozenset[str]] = {
    "faker": frozenset({"vendors.*.provider"}),
    "flask": frozenset({"app", "flask_door"}),
    "httptools": frozenset({"wire.reader"}),
    "jsonschema": frozenset(),
    "jsonschema_rs": frozenset(),
    "prometheus_client": frozenset(),
    "redis": frozenset(),
    "trustme": frozenset(),
    "rich": frozenset(),
    "uvloop": frozenset(),
    "werkzeug": frozenset({"app", "flask_door"}),
}

VENDORS = sorted(path.name for path in (HOME / "vendors").iterdir() if path.is_dir() and path.name != "__pycache__")

READ_ONLY = frozenset({"Mapping", "Sequence", "Set", "AbstractSet", "Collection", "Iterable", "Container"})
COLLECTIONS = frozenset({"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"})
SYNCHRONISERS = frozenset({"Lock", "RLock", "Condition", "Semaphore", "Event", "Queue", "SimpleQueue"})
MUTABLE_MAKERS = COLLECTIONS | SYNCHRONISERS | {"count", "local", "ContextVar", "WeakKeyDictionary"}
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)


def name_of(path: Path) -> str:
    """`mock_server/engine/cursor.py` as `engine.cursor`; a package's `__init__` has the package's name."""
    parts = path.relative_to(HOME).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


SOURCES: Mapping[str, str] = {name_of(path): path.read_text("utf-8") for path in sorted(HOME.rglob("*.py"))}
TREES: Mapping[str, ast.Module] = {module: ast.parse(text) for module, text in SOURCES.items()}


def place_of(module: str) -> tuple[int, str] | None:
    """The row of a module and its place in it: the longest entry of the table that covers it."""
    found = []
    for number, row in enumerate(ROWS):
        for entry in row.split():
            stem = entry.removesuffix(".*")
            if module == stem or module.startswith(f"{stem}."):
                depth = stem.count(".") + 1 + entry.endswith(".*")
                found.append((len(stem), number, ".".join(module.split(".")[:depth])))
    return max(found)[1:] if found else None


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module or name that is imported somewhere in `tree`, dotted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports here are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(module: str) -> set[str]:
    """The modules of this package that a module imports, inside functions too."""
    targets = set()
    for dotted in imports_of(TREES[module]):
        if dotted.split(".")[0] != PACKAGE:
            continue
        inner = dotted.removeprefix(PACKAGE).lstrip(".")
        while inner and inner not in TREES:
            inner = inner.rpartition(".")[0]
        targets.add(inner or "__init__")
    return targets & TREES.keys() - {module}


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the module, and each class in it, is imported; `if TYPE_CHECKING` is not."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


def can_change(value: ast.expr, annotation: ast.expr | None) -> bool:
    """Whether a name bound to `value` could be changed in place: a display is safe under a read-only type, for the
    type checker then refuses every change; a lock or a counter never is."""
    if isinstance(value, DISPLAYS):
        words = set(re.findall(r"\w+", ast.unparse(annotation))) if annotation else set()
        return not words & READ_ONLY
    if isinstance(value, ast.Call):
        callee = ast.unparse(value.func).rpartition(".")[2]
        return callee in MUTABLE_MAKERS
    return False


def undocumented(tree: ast.AST, prefix: str = "") -> Iterator[str]:
    """The public classes, functions and methods without a docstring."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield f"{prefix}{node.name} (line {node.lineno})"
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node, f"{prefix}{node.name}.")


@pytest.mark.parametrize("module", TREES)
def test_every_module_has_a_place_in_the_plan(module: str) -> None:
    assert place_of(module), f"{module} stands in no row of ROWS: give it one"


@pytest.mark.parametrize("place", [place for row in ROWS for place in row.split() if not place.startswith("_")])
def test_the_map_for_newcomers_shows_every_place(place: str) -> None:
    pages = (HOME.parent / "CONTRIBUTING.md").read_text("utf-8")
    chart = pages.partition("## The map")[2].partition("## Style")[0]
    path = place.replace(".*", "/<name>").replace(".", "/")
    assert f"`{path}`" in chart or f"`{path}/`" in chart


@pytest.mark.parametrize("module", TREES)
def test_a_module_imports_only_from_rows_above_its_own(module: str) -> None:
    here = place_of(module)
    assert here is not None
    for target in own_imports(module):
        there = place_of(target)
        assert there is not None
        assert there == here or there[0] < here[0], f"{module} imports {target}, which is not above it"


def test_no_modules_import_one_another_in_a_circle() -> None:
    left = {module: own_imports(module) for module in TREES}
    while free := {module for module, targets in left.items() if not targets & left.keys()}:
        left = {module: targets for module, targets in left.items() if module not in free}
    assert not left, f"a circle runs through {sorted(left)}"


@pytest.mark.parametrize("module", [name for name in TREES if not name.startswith("vendors")])
def test_no_vendor_is_named_outside_its_own_package(module: str) -> None:
    text = SOURCES[module].lower()
    assert not [vendor for vendor in VENDORS if vendor in text]


@pytest.mark.parametrize("module", TREES)
def test_no_module_holds_state_that_can_change(module: str) -> None:
    for node in top_level(TREES[module]):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
            assert not can_change(node.value, annotation), (
                f"line {node.lineno}: `{ast.unparse(node)[:60]}` is shared by all servers of a process; "
                "make it a tuple, a frozenset, or annotate it as a Mapping or Sequence"
            )
    assert not [node.lineno for node in ast.walk(TREES[module]) if isinstance(node, ast.Global)]


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("known = {}", True),
        ("known: dict[str, int] = {}", True),
        ("known = defaultdict(list)", True),
        ("gate = threading.Lock()", True),
        ("words = [word for word in WORDS]", True),
        ("KNOWN: Mapping[str, int] = {}", False),
        ("KNOWN: Final[Sequence[str]] = []", False),
        ("KNOWN = frozenset({1})", False),
        ("KNOWN = (1, 2)", False),
    ],
)
def test_the_rule_on_state_tells_bad_from_good(line: str, bad: bool) -> None:
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.Assign | ast.AnnAssign)
    assert node.value is not None
    assert can_change(node.value, getattr(node, "annotation", None)) is bad


@pytest.mark.parametrize("module", TREES)
def test_everything_public_says_what_it_promises(module: str) -> None:
    tree = TREES[module]
    assert ast.get_docstring(tree), "the module does not say what lives in it"
    assert not list(undocumented(tree))


@pytest.mark.parametrize("module", TREES)
def test_heavy_packages_are_imported_on_first_use(module: str) -> None:
    words = re.sub(r"^vendors\.\w+\.", "vendors.*.", module)
    for node in top_level(TREES[module]):
        if isinstance(node, ast.Import | ast.ImportFrom):
            packages = {dotted.split(".")[0] for dotted in imports_of(node)}
            barred = {package for package in packages & HEAVY.keys() if words not in HEAVY[package]}
            assert not barred, f"line {node.lineno} imports {', '.join(barred)} before anyone needs it"


def test_a_module_below_a_heavy_one_is_no_way_round() -> None:
    """The commands and the package itself must not pull in the web framework by importing the app at the top."""
    doors = {module for modules in HEAVY.values() for module in modules}
    for module in (name for name in TREES if name.split(".")[0] in {"cli", "__init__"}):
        for node in top_level(TREES[module]):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = {dotted.removeprefix(f"{PACKAGE}.") for dotted in imports_of(node)}
                reached = {door for door in doors for name in named if name == door or name.startswith(f"{door}.")}
                assert not reached, f"{module} line {node.lineno} imports {', '.join(reached)}"
