"""The shipped scenarios as a wheel has them: the same as loading them, and not taken once anything has changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import paths
from mock_server.engine.scenario import Scenario
from mock_server.scenarios import Loader
from mock_server.scenarios.compiled import KINDS, MODULES, PACKAGES, CompiledLibrary, digest, value_of
from mock_server.scenarios.file import FileLoader
from mock_server.scenarios.load import scenario_files
from mock_server.scenarios.report import Report
from mock_server.scenarios.write_compiled import Short, shortened, write, written
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from tests.support.strategies import notifies, scenarios

BUILTIN = paths.data("scenarios")

WHOLE = """
about: All that a file may say.
vendors: [qiniu, huawei]
ids: [z0.compiled, whole-b.*]
expires: 2d
steps:
  - {state: waiting, polls: 2}
  - state: processing
    for: 3s..5s
    off_contract: true
    with: {qiniu: {desc: [1, 2.5, {a: null}]}}
    without: {qiniu: [code]}
    headers: {X-A: a, Content-Type: null}
  - {state: succeeded}
faults:
  - {when: {polls: [2.., 1], chance: 0.5}, fault: reset, delay: 1s..2s}
  - {when: {every: 3, rate: 5/s}, error: 503, headers: {Retry-After: 2s, X-A: a, Date: null}}
  - {when: {time: 1s..2s}, delay: {median: 1s, p99: 2s}}
  - {when: {at: "02:00Z", for: 1h}, error: throttled}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, as a build writes it."""
    file = tmp_path_factory.mktemp("wheel") / "compiled.json"
    write(file)
    return file


@pytest.fixture
def tree(tmp_path: Path, root: Path) -> Path:
    """A package with all that its scenarios come from, and the file that it was built with."""
    for kind in KINDS:
        shutil.copytree(root / kind, tmp_path / "data" / kind)
    shutil.copytree(root / "mock_server", tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))
    _compile(tmp_path)
    return tmp_path


def _compile(tree: Path) -> None:
    """Puts the digest of a tree over scenarios that nobody reads here."""
    found = {"key": digest(tree / "data", tree / "package"), "shared": [], "scenarios": [_ROW]}
    (tree / "compiled.json").write_text(json.dumps(found), "utf-8")


_ROW = ["happy-path.yaml", written(Scenario("happy-path", "d", "", (), ())), [1, 2, 3], {}]


def library(tree: Path) -> CompiledLibrary:
    """The library of a tree."""
    return CompiledLibrary(tree / "compiled.json", tree / "package")


def loader(file: Path | None) -> Loader:
    """A loader with this file of compiled scenarios, or with none."""
    fixtures = Fixtures([paths.data("fixtures")])
    return Loader(Registry(), Contracts(), fixtures, None if file is None else CompiledLibrary(file))


def without_counts(report: Report) -> object:
    """What a server takes from a report, the texts and lists of the scenarios included, which are not compared."""
    return report._replace(steps=0, edges=0, bodies=0), [(each.text, each.lists) for each in report.scenarios]


@pytest.mark.parametrize("path", scenario_files(BUILTIN), ids=lambda path: path.stem)
def test_a_compiled_scenario_is_the_loaded_one_to_the_last_value(compiled: Path, path: Path) -> None:
    found = CompiledLibrary(compiled).scenarios(BUILTIN)[path.name]
    good = FileLoader(Registry(), Contracts(), Fixtures([paths.data("fixtures")])).load(path)
    assert (found.path, found.places) == (good.path, good.places)
    assert found.loaded.scenario == good.loaded.scenario
    # Nor do types differ, nor the fields that are left out of a comparison.
    assert written(found.loaded.scenario) == written(good.loaded.scenario)


@given(st.data(), scenarios())
def test_every_scenario_is_read_as_it_was_written(data: st.DataObject, scenario: Scenario) -> None:
    scenario = replace(scenario, notify=data.draw(notifies(scenario)))
    text = json.dumps(written(scenario))
    found = value_of(json.loads(text))
    assert found == scenario
    assert json.dumps(written(found)) == text


def test_all_that_a_file_may_say_is_read_as_it_was_written() -> None:
    scenario = loader(None).load_text(WHOLE, "whole", "whole.yaml").scenario
    found = value_of(json.loads(json.dumps(written(scenario))))
    assert found == scenario
    assert (found.text, found.lists) == (scenario.text, scenario.lists)
    assert written(found) == written(scenario)


def read_back(short: Short) -> list[Scenario]:
    """The scenarios of shortened values, as a server reads them."""
    shared: list[object] = []
    for each in json.loads(json.dumps(short.shared)):
        shared.append(value_of(each, shared))
    return [value_of(each, shared) for each in json.loads(json.dumps(short.written))]


@given(st.lists(scenarios(), min_size=1, max_size=3))
def test_scenarios_that_have_much_in_common_are_read_as_they_were_written(drawn: list[Scenario]) -> None:
    plain = [written(each) for each in (*drawn, *drawn)]
    found = read_back(shortened(plain))
    assert found == [*drawn, *drawn]
    assert [written(each) for each in found] == plain


def test_what_can_be_changed_is_read_for_each_scenario_anew_and_like_is_not_the_same() -> None:
    texts = [WHOLE.replace("a: null", f"a: {value}") for value in ("[1]", "[1]", "[true]", "[1.0]")]
    plain = [written(loader(None).load_text(text, "whole", "whole.yaml").scenario) for text in texts]
    found = read_back(shortened(plain))
    assert [written(each) for each in found] == plain
    assert found[0].steps[0] is found[1].steps[0], "else nothing is shared"
    first, second = (each.steps[1].adjust.put["qiniu"][0][1] for each in found[:2])
    assert first == second
    assert first is not second


def test_a_class_that_nobody_knows_how_to_read_is_not_written() -> None:
    with pytest.raises(TypeError, match="Path is not in the table"):
        written((Path("a"),))


def _nothing(folder: Path) -> None:
    """No file of a user's own."""


def _override(folder: Path) -> None:
    (folder / "happy-path.yaml").write_text("steps: [{state: succeeded}]\n", "utf-8")


def _clash(folder: Path) -> None:
    (folder / "mine.yaml").write_text("ids: [happy-path.mine.*]\nsteps: [{state: succeeded}]\n", "utf-8")
    (folder / "other.yaml").write_text("ids: [slow, slow.*]\nsteps: [{state: succeeded}]\n", "utf-8")


@pytest.mark.parametrize("put", [_nothing, _override, _clash])
def test_a_load_finds_the_same_with_compiled_scenarios_as_without(
    compiled: Path, tmp_path: Path, put: Callable[[Path], None]
) -> None:
    put(tmp_path)
    folders = [tmp_path] if any(tmp_path.iterdir()) else []
    assert without_counts(loader(compiled).load(folders, BUILTIN)) == without_counts(
        loader(None).load(folders, BUILTIN)
    )


def test_a_tree_as_it_was_built_is_taken(tree: Path) -> None:
    assert library(tree).scenarios(tree / "data" / "scenarios").keys() == {"happy-path.yaml"}


@pytest.mark.parametrize(
    "place",
    [
        "data/schemas/qiniu/status.sdk.schema.json",
        "data/schemas/scenario.schema.json",
        "data/scenarios/slow.yaml",
        "data/fixtures/wangsu/items.json",
        "package/vendors/huawei/status.py",
        "package/scenarios/compile/steps.py",
        "package/engine/scenario.py",
        "package/errors.py",
    ],
)
def test_one_changed_byte_means_that_all_is_loaded_anew(tree: Path, place: str) -> None:
    path = tree / place
    content = path.read_bytes()
    for changed in (content + b" ", content[:-1], bytes([content[0] ^ 1]) + content[1:]):
        path.write_bytes(changed)
        assert library(tree).scenarios(tree / "data" / "scenarios") == {}
    path.write_bytes(content)
    assert library(tree).scenarios(tree / "data" / "scenarios")


@pytest.mark.parametrize("size", [1, 1 << 16, (1 << 16) + 1, 3 << 16, 200_001])
def test_the_last_byte_of_a_file_of_any_size_counts(tree: Path, size: int) -> None:
    large = tree / "data" / "fixtures" / "qiniu" / "large.json"
    digests = set()
    for end in (b"a", b"b", b"bb"):
        large.write_bytes(b" " * (size - 1) + end)
        digests.add(digest(tree / "data", tree / "package"))
    assert len(digests) == 3


@pytest.mark.parametrize("place", ["data/scenarios/new.yaml", "data/fixtures/qiniu/new.json", "package/engine/new.py"])
def test_one_file_more_means_that_all_is_loaded_anew(tree: Path, place: str) -> None:
    (tree / place).touch()
    assert library(tree).scenarios(tree / "data" / "scenarios") == {}


def test_a_file_that_went_or_has_another_name_means_that_all_is_loaded_anew(tree: Path) -> None:
    builtin = tree / "data" / "scenarios"
    (builtin / "slow.yaml").rename(builtin / "slower.yaml")
    assert library(tree).scenarios(builtin) == {}
    shutil.rmtree(tree / "data" / "fixtures")
    assert library(tree).scenarios(builtin) == {}


def test_bytecode_and_pages_are_no_part_of_it(tree: Path) -> None:
    (tree / "package" / "engine" / "__pycache__").mkdir()
    (tree / "package" / "engine" / "__pycache__" / "a.cpython-311.pyc").touch()
    (tree / "data" / "fixtures" / "README.md").touch()
    assert library(tree).scenarios(tree / "data" / "scenarios")


def test_a_package_that_was_replaced_below_a_running_server_is_not_read(tree: Path) -> None:
    running = library(tree)
    builtin = tree / "data" / "scenarios"
    assert running.scenarios(builtin)
    (tree / "package" / "engine" / "cursor.py").write_text("# of the next version\n", "utf-8")
    _compile(tree)
    assert running.scenarios(builtin) == {}
    assert library(tree).scenarios(builtin), "a server that starts now has this code"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"key": 1}', '{"scenarios": []}', '{"key": "K", "scenarios": [1]}', "\xff"]
    + [
        f'{{"key": "K", "shared": [], "scenarios": [["slow.yaml", {scenario}, [1, 2, 3], {{}}]]}}'
        for scenario in ("1", "[]", '["Scenario", {}]', '["Scenario", {"odd": 1}]', '["os.system", {"source": "ls"}]')
    ],
)
def test_a_file_that_is_none_of_ours_is_passed_over(tree: Path, text: str) -> None:
    key = digest(tree / "data", tree / "package")
    (tree / "compiled.json").write_bytes(text.replace("K", key).encode("latin-1"))
    assert library(tree).scenarios(tree / "data" / "scenarios") == {}


def test_a_source_tree_has_none() -> None:
    assert not paths.compiled().exists()
    assert CompiledLibrary().scenarios(BUILTIN) == {}


def test_the_digest_covers_all_code_that_is_imported_to_load_a_file(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mock_server.scenarios.write_compiled import write;"
        "write(Path(sys.argv[1])); print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('mock_server')))"
    )
    command = (sys.executable, "-c", code, tmp_path / "compiled.json")
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    files = [Path(each).relative_to(paths.PACKAGE) for each in printed.split()]
    assert len(files) > 40
    assert not [file for file in files if file.parts[0] not in PACKAGES and str(file) not in MODULES]
