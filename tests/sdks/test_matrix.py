"""The SDKs that a registry has, driven through every row of `docs/sdk-matrix.json`: each does what its column says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ConnectionException,
    ServerResponseException,
)

from docs import sdk_matrix
from docs.sdk_matrix import Cell, Column, Matrix, Row, is_old, rendered
from mock_server import paths
from mock_server.faults.kinds import FAULTS
from mock_server.settings import Settings
from tests.sdks.test_huawei_python import client_of, show
from tests.sdks.test_qiniu_python import get_status, pointed_at
from tests.sdks.test_wangsu_python import Connect, connect
from tests.support.documents import ROOT
from tests.support.node import polled
from tests.support.wire_kit import Wire, whole

# The SDKs' configuration is the process's, and Node's process is shared: one worker runs all of it.
pytestmark = pytest.mark.xdist_group("sdk-matrix")

__all__ = ["connect"]  # a fixture of the SDK's own tests

MATRIX = sdk_matrix.read(ROOT)
HASTY = {
    "hangs": ("{fault: hang}", "{fault: hang, over: 50ms}"),
    "dribbles": ("{fault: dribble}", "{fault: dribble, over: 50ms}"),
    "slow-to-answer": ("delay: 1s..3s", "delay: 1ms"),
    "throttled-once": ('Retry-After: "1"', 'Retry-After: "0"'),
    "throttled-retry-after": ('Retry-After: "1"', 'Retry-After: "0"'),
    "unavailable-retry-after": ('Retry-After: "1"', 'Retry-After: "0"'),
    "unavailable-retry-date": ("{ahead: 1s}", "{ahead: 1ms}"),
}
"""Scenarios whose time is cut short here: how often an SDK asks does not depend on it."""
DRIVEN = [(row, column) for row in MATRIX.rows if row.scenario for column in MATRIX.columns if column.name in row.cells]
Seen = tuple[str, str]


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A whole server with the shipped scenarios, some of them made quick."""
    folder = tmp_path_factory.mktemp("hasty")
    for name, (slow, quick) in HASTY.items():
        text = (paths.data("scenarios") / f"{name}.yaml").read_text("utf-8")
        assert slow in text
        (folder / f"{name}.yaml").write_text(text.replace(slow, quick), "utf-8")
    with whole(Settings(scenarios=(folder,), no_reload=True)) as server:
        yield server


def id_of(row: Row, column: str) -> str:
    """The task that an SDK polls to meet a condition."""
    return f"{row.scenario}.{row.name}.{column}"  # a redirect leads to another task for each row


def requests(wire: Wire, id: str) -> int:
    """How many requests came for a task."""
    assert wire.parts is not None
    return sum(entry.id == id for entry in wire.parts.store.entries()[0])


def status(found: int | None) -> str:
    return f"status {found}"


def qiniu_python(port: int, id: str) -> Seen:
    """What `get_status` hands to its caller."""
    with pointed_at(f"http://127.0.0.1:{port}"):
        ret, info = get_status(id)
    error = getattr(info, "error", None)
    if info.status_code == -1:
        return "failed", type(info.exception).__name__
    if isinstance(ret, dict) and ret:
        return "task", status(info.status_code)
    if error == "server is not qiniu":
        return "refused", status(info.status_code)
    if ret is None or ret == {}:
        return ("nothing" if info.ok() else "error"), status(info.status_code)
    return "value", status(info.status_code)


def huawei_python(port: int, id: str, **config: Any) -> Seen:
    """What `show_preheating_asset` returns or raises."""
    client = client_of(f"http://127.0.0.1:{port}", **config)
    try:
        response = show(client, id)
    except (ClientRequestException, ServerResponseException) as error:
        return "error", status(error.status_code)
    except ConnectionException as error:
        return "failed", type(error).__name__
    except Exception as error:  # none that the SDK declares: the matrix says which
        return "foreign", type(error).__name__
    return ("nothing" if response.preheating_results is None else "task"), status(response.status_code)


def wangsu_python(port: int, id: str, connect: Connect) -> Seen:
    """What `fmgr_status` returns."""
    code, body, _ = connect(f"127.0.0.1:{port}").fmgr_status(id)
    if code in (-1, -2):
        return ("failed", type(body).__name__) if code == -1 else ("unread", "")
    if isinstance(body, dict):
        return ("task" if "items" in body or "separate" in body else "error"), status(code)
    return "value", status(code)


@pytest.fixture(scope="module")
def handed(wire: Wire, node_sdks: Path) -> Mapping[str, Any]:
    """What the callers of both SDKs in JavaScript got, by task.

    Each SDK has two processes, which ask once for all. A connection that one row breaks must not be used for another:
    the second process meets only such rows, and all at once, so that each has a connection of its own.
    """
    found = {}
    for driver, name in (("qiniu_prefop.js", "qiniu-node"), ("huawei_preheating.js", "huawei-node")):
        rows = [row for row, column in DRIVEN if column.name == name]
        for breaking in (False, True):
            ids = [id_of(row, name) for row in rows if breaks_the_connection(wire, row) is breaking]
            jobs = [{"host": f"127.0.0.1:{wire.port}", "id": id, "most": 1} for id in ids]
            found.update({told["id"]: told for told in polled(driver, node_sdks, jobs)})
    return found


def breaks_the_connection(wire: Wire, row: Row) -> bool:
    """Whether the scenario of a row needs the socket, or has a wrong length."""
    assert wire.parts is not None
    effects = [fault.effect for fault in wire.parts.catalogue.library.scenarios[row.scenario or ""].faults]
    return any(
        each.length is not None or (each.fault is not None and FAULTS[each.fault].deliver is not None)
        for each in effects
    )


def qiniu_node(told: Mapping[str, Any]) -> Seen:
    """What the callback of `prefop` was handed."""
    error, body, code = told["err"], told.get("body"), told["status"]
    if error is not None:
        return ("unread" if error == "JSONResponseFormatError" else "failed"), error
    if body is None:
        return "nothing", status(code)
    if not isinstance(body, dict):
        return "value", status(code)
    return ("task" if "items" in body or "desc" in body else "mistaken"), status(code)


def huawei_node(told: Mapping[str, Any]) -> Seen:
    """What the promise of `showPreheatingAsset` was kept or broken with."""
    raised = told.get("raised")
    if raised is not None:
        code = raised.get("httpStatusCode")
        return ("failed", raised["name"]) if code is None else ("error", status(code))
    got = told["got"]
    if not isinstance(got, dict):  # what JSON keeps of a list with a status
        return "nothing", status(200)
    return ("nothing" if got.get("preheating_results") is None else "task"), status(got["httpStatusCode"])


PYTHON: Mapping[str, Callable[[int, str, Connect], Seen]] = {
    "qiniu-python": lambda port, id, _: qiniu_python(port, id),
    "huawei-python": lambda port, id, _: huawei_python(port, id),
    "huawei-python-r3": lambda port, id, _: huawei_python(port, id, retry_times=3),
    "wangsu-python": wangsu_python,
}
NODE = {"qiniu-node": qiniu_node, "huawei-node": huawei_node}


def agrees(cell: Cell, seen: Seen, made: int) -> bool:
    """Whether an SDK did what its cell says; a task with the status 200 is not said to have it."""
    detail = cell.detail or (status(200) if cell.word == "task" else seen[1])
    return (cell.word, detail) == seen and made in (cell.requests, cell.used)


def test_every_column_that_a_registry_has_is_driven() -> None:
    assert {each.name for each in MATRIX.columns if each.registry} == PYTHON.keys() | NODE.keys()


@pytest.mark.parametrize("name", PYTHON)
def test_an_sdk_in_python_does_what_its_column_says(wire: Wire, connect: Connect, name: str) -> None:
    found = {}
    for row in (row for row, column in DRIVEN if column.name == name):
        seen = PYTHON[name](wire.port, id_of(row, name), connect)
        made = requests(wire, id_of(row, name))
        if not agrees(row.cells[name], seen, made):
            found[row.name] = (row.cells[name], seen, made)
    assert found == {}


@pytest.mark.parametrize("name", NODE)
def test_an_sdk_in_javascript_does_what_its_column_says(wire: Wire, handed: Mapping[str, Any], name: str) -> None:
    found = {}
    for row in (row for row, column in DRIVEN if column.name == name):
        seen = NODE[name](handed[id_of(row, name)])
        made = requests(wire, id_of(row, name))
        if not agrees(row.cells[name], seen, made):
            found[row.name] = (row.cells[name], seen, made)
    assert found == {}


# -- the file, and the page that is made of it


def test_every_scenario_of_the_matrix_is_shipped_and_serves_the_sdks_of_its_cells(wire: Wire) -> None:
    assert wire.parts is not None
    shipped = wire.parts.catalogue.library.scenarios
    vendors = {each.name: each.vendor for each in MATRIX.columns}
    wrong = [
        (row.name, name)
        for row in MATRIX.rows
        if row.scenario
        for name in row.cells
        if vendors[name] not in shipped[row.scenario].vendors
    ]
    assert wrong == []


def test_the_words_of_the_cells_are_those_of_the_list() -> None:
    assert {cell.word for row in MATRIX.rows for cell in row.cells.values()} == MATRIX.words.keys()
    assert len({row.name for row in MATRIX.rows}) == len(MATRIX.rows)


@pytest.mark.parametrize("column", MATRIX.columns, ids=lambda column: column.name)
def test_every_sdk_was_tried_under_every_condition_that_its_vendor_has(column: Column) -> None:
    same = {each.name for each in MATRIX.columns if each.vendor == column.vendor}
    without = [row.name for row in MATRIX.rows if row.cells.keys() & same and column.name not in row.cells]
    assert without == []


def test_a_column_that_is_a_year_older_than_the_newest_is_marked() -> None:
    newest = max(each.date for each in MATRIX.columns)
    old, young = (MATRIX.columns[0]._replace(date=newest - timedelta(days)) for days in (366, 365))
    assert (is_old(old, newest), is_old(young, newest)) == (True, False)
    matrix = Matrix(MATRIX.words, [old, *MATRIX.columns[1:]], MATRIX.rows)
    page = rendered("<!-- matrix: qiniu -->\nanything\n<!-- /matrix -->\n", matrix)
    assert page.count("older than a year") == 1
    assert "anything" not in page


def test_a_cell_shows_a_word_what_is_known_and_the_requests_on_each_connection() -> None:
    cells = {"x": Cell("failed", "EOF", 1, 2), "y": Cell("nothing", "", 1, 1), "z": Cell("task", "", None, 3)}
    columns = [Column(name, "qiniu", name, "1", "", None, date(2026, 1, 1)) for name in "wxyz"]
    matrix = Matrix({}, columns, [Row("reset", "reset", cells)])
    page = rendered("<!-- matrix: qiniu -->\n<!-- /matrix -->\n", matrix)
    failed = "failed (EOF) · 1, 2 on a used connection"
    assert f"| `reset` | – | {failed} | **nothing** · 1 | task · 3 on a used connection |" in page
