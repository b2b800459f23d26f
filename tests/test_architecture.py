"""The plan of the house, held against the code: who imports whom, and what no module may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = "mock_server"
HOME = Path(__file__).resolve().parent.parent / PACKAGE

# Each row imports only from rows above it; a package stands for all its modules. No package holds a circle.
ROWS = (
    "types",
    "errors paths version cache",
    "engine",
    "http",
    "schema",
    "settings",
    "faults",
    "vendors",
    "api",
    "journal",
    "store",
    "scenarios",
    "emulator",
    "notify",
    "assembly",
    "control",
    "admin",
    "dashboard",
    "server",
    "client",
    "__init__",
    "pytest_plugin",
    "cli",
    "__main__",
)
MOST_NAMES = 28
"""Names at the top of the package: more than that nobody takes in at a glance."""
MOST_POSITIONAL = 5
"""Values that a function takes by position: of more, some travel together."""

# Slow to import, so imported on first use: only these modules may name them at the top.
HEAVY: Mapping[str, frozenset[str]] = {
    "aiohttp": frozenset(),
    "faker": frozenset({"vendors.*.provider"}),
    "flask": frozenset({"server.app", "server.waitress"}),
    "jinja2": frozenset({"dashboard.templates"}),
    "markupsafe": frozenset({"dashboard.templates"}),
    "httptools": frozenset({"server.wire.reader"}),
    "jsonschema": frozenset(),
    "jsonschema_rs": frozenset(),
    "prometheus_client": frozenset(),
    "redis": frozenset({"store.redis.*"}),
    "trustme": frozenset(),
    "rich": frozenset(),
    "uvloop": frozenset(),
    "werkzeug": frozenset({"server.app", "server.waitress"}),
}

SHARED = ("vendors.dialect", "vendors.submission", "vendors.credentials", "vendors.notices")
"""What vendors share, and may import besides their own package."""

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


def row_of(module: str) -> int | None:
    """The row of the package that a module is in."""
    return next((number for number, row in enumerate(ROWS) if module.split(".")[0] in row.split()), None)


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


def test_every_package_has_a_row_in_the_plan() -> None:
    assert not [module for module in TREES if row_of(module) is None]
    assert sorted(name for row in ROWS for name in row.split()) == sorted({module.split(".")[0] for module in TREES})


def test_the_plan_is_taken_in_at_a_glance() -> None:
    names = [path.name for path in HOME.iterdir() if path.name != "__pycache__"]
    assert len(names) <= MOST_NAMES, sorted(names)


def test_the_map_for_newcomers_shows_every_package() -> None:
    pages = (HOME.parent / "CONTRIBUTING.md").read_text("utf-8")
    chart = pages.partition("## The map")[2].partition("## Style")[0]
    packages = sorted(path.parent.name for path in HOME.glob("*/__init__.py"))
    assert not [package for package in packages if f"`{package}/`" not in chart]


def test_a_module_imports_only_from_rows_above_its_own() -> None:
    assert not [
        f"{module} imports {target}, which is not above it"
        for module in TREES
        for target in own_imports(module)
        if target.split(".")[0] != module.split(".")[0] and (row_of(target) or 0) >= (row_of(module) or 0)
    ]


def test_vendors_do_not_lean_on_one_another() -> None:
    """A vendor's package imports itself and what all share, so that it can be read, added and removed alone."""
    assert not [
        f"{module} imports {target}"
        for module in TREES
        for vendor in VENDORS
        if module.startswith(f"vendors.{vendor}")
        for target in own_imports(module)
        if target.startswith("vendors.") and not target.startswith((*SHARED, f"vendors.{vendor}"))
    ]


def test_no_modules_import_one_another_in_a_circle() -> None:
    left = {module: own_imports(module) for module in TREES}
    while free := {module for module, targets in left.items() if not targets & left.keys()}:
        left = {module: targets for module, targets in left.items() if module not in free}
    assert not left, f"a circle runs through {sorted(left)}"


def test_no_vendor_is_named_outside_its_own_package() -> None:
    assert not [
        f"{module} names {vendor}"
        for module, text in SOURCES.items()
        if not module.startswith("vendors")
        for vendor in VENDORS
        if vendor in text.lower()
    ]


def test_no_module_holds_state_that_can_change() -> None:
    """It would be shared by all servers of a process: make it a tuple, a frozenset, or annotate it as a Mapping."""
    bad = []
    for module, tree in TREES.items():
        for node in top_level(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
                if can_change(node.value, annotation):
                    bad.append(f"{module} line {node.lineno}: {ast.unparse(node)[:60]}")
        bad += [f"{module} line {node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert not bad


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


def test_everything_public_says_what_it_promises() -> None:
    assert not [module for module, tree in TREES.items() if not ast.get_docstring(tree)]
    assert not [f"{module}: {name}" for module, tree in TREES.items() for name in undocumented(tree)]


def test_values_that_travel_together_are_one_value() -> None:
    """A function takes at most five values by position; what makes a value, an `__init__`, takes its parts."""
    wide = []
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
                names = [
                    each.arg for each in (*node.args.posonlyargs, *node.args.args) if each.arg not in ("self", "cls")
                ]
                if len(names) > MOST_POSITIONAL:
                    wide.append(f"{module} line {node.lineno}: {node.name}({', '.join(names)})")
    assert not wide


def test_heavy_packages_are_imported_on_first_use() -> None:
    bad = []
    for module, tree in TREES.items():
        words = re.sub(r"^vendors\.\w+\.", "vendors.*.", module)
        words = re.sub(r"^store\.redis\.\w+", "store.redis.*", words)
        for node in top_level(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                packages = {dotted.split(".")[0] for dotted in imports_of(node)}
                barred = {package for package in packages & HEAVY.keys() if words not in HEAVY[package]}
                bad += [f"{module} line {node.lineno} imports {package} before anyone needs it" for package in barred]
    assert not bad


def test_a_module_below_a_heavy_one_is_no_way_round() -> None:
    """The commands and the package itself must not pull in the web framework by importing the app at the top."""
    servers = {module for modules in HEAVY.values() for module in modules}
    for module in (name for name in TREES if name.split(".")[0] in {"cli", "__init__"}):
        for node in top_level(TREES[module]):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = {dotted.removeprefix(f"{PACKAGE}.") for dotted in imports_of(node)}
                reached = {
                    server for server in servers for name in named if name == server or name.startswith(f"{server}.")
                }
                assert not reached, f"{module} line {node.lineno} imports {', '.join(reached)}"
