"""The rows of `docs/sdk-matrix.json` that no scenario makes: the SDKs that a registry has do what their columns say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from qiniu import config, set_default
from wcs.commons.config import Config

from docs import sdk_matrix
from tests.sdks.test_huawei_python import client_of
from tests.sdks.test_matrix import NODE, PYTHON, Seen, agrees, huawei_python
from tests.sdks.test_wangsu_python import Connect, connect
from tests.support.documents import ROOT
from tests.support.live import LiveServer
from tests.support.node import polled
from tests.support.raw import answers, request_bytes, send
from tests.support.raw_rows import PATIENCE, ROWS, TIMED, RawServer, Right, id_of, serving

# As of the other rows: the SDKs' configuration is the process's.
pytestmark = pytest.mark.xdist_group("sdk-matrix")

__all__ = ["client_of", "connect"]  # fixtures and helpers of the SDKs' own tests

MATRIX = sdk_matrix.read(ROOT)
TARGETS = {
    "qiniu": "/status/get/prefop?id=instant.raw-rows",
    "huawei": "/v1.0/0123456789abcdef0123456789abcdef/asset/preheating?task_id=instant.raw-rows",
    "wangsu": "/fmgr/status?persistentId=instant.raw-rows",
}
HASTY: Mapping[str, Callable[[int, str, Connect], Seen]] = {
    **PYTHON,
    "huawei-python": lambda port, id, _: huawei_python(port, id, timeout=PATIENCE),
    "huawei-python-r3": lambda port, id, _: huawei_python(port, id, retry_times=3, timeout=PATIENCE),
}
DRIVERS = {"qiniu-node": "qiniu_prefop.js", "huawei-node": "huawei_preheating.js"}


@pytest.fixture(scope="module")
def server(live: LiveServer) -> Iterator[RawServer]:
    """The conditions, made of this server's own responses."""
    right = {}
    for vendor, target in TARGETS.items():
        (answer,) = answers(send(live.port, request_bytes("GET", target)))
        kept = tuple((name.title(), value) for name, value in answer.headers if name != "content-length")
        right[vendor] = Right(kept, answer.body)
    with serving(right) as server:
        yield server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SDKs that wait only briefly."""
    before = config.get_default("connection_timeout")
    set_default(connection_timeout=PATIENCE)
    monkeypatch.setattr(Config, "connection_timeout", PATIENCE)
    monkeypatch.setenv("QINIU_PATIENCE", str(int(1000 * PATIENCE)))
    yield
    set_default(connection_timeout=before)


def wrong(server: RawServer, name: str, found: Mapping[str, Seen]) -> dict[str, Any]:
    """The rows in which an SDK did something else than its column says."""
    rows = {row.name: row for row in MATRIX.rows}
    differ = {}
    for row, seen in found.items():
        cell, made = rows[row].cells[name], server.requests[id_of(row, name)]
        plain = cell._replace(detail="" if cell.detail.startswith("it has no") else cell.detail)
        if not agrees(plain, seen, made):
            differ[row] = (cell, seen, made)
    return differ


def test_every_row_that_is_no_scenario_is_made_here() -> None:
    assert set(ROWS) == {row.name for row in MATRIX.rows if row.scenario is None}


@pytest.mark.parametrize("name", PYTHON)
def test_an_sdk_in_python_does_what_its_column_says(server: RawServer, connect: Connect, name: str) -> None:
    found = {row: PYTHON[name](server.port, id_of(row, name), connect) for row in ROWS if row not in TIMED}
    assert wrong(server, name, found) == {}


@pytest.mark.parametrize("name", PYTHON)
def test_an_sdk_in_python_gives_up_as_its_column_says(
    server: RawServer, connect: Connect, hasty: None, name: str
) -> None:
    with ThreadPoolExecutor(len(TIMED)) as pool:
        seen = pool.map(lambda row: HASTY[name](server.port, id_of(row, name), connect), TIMED)
        found = dict(zip(TIMED, seen, strict=True))
    assert wrong(server, name, found) == {}


@pytest.mark.parametrize("name", NODE)
def test_an_sdk_in_javascript_does_what_its_column_says(
    server: RawServer, node_sdks: Path, hasty: None, name: str
) -> None:
    jobs = [{"host": f"127.0.0.1:{server.port}", "id": id_of(row, name), "most": 1} for row in ROWS]
    handed = {told["id"]: told for told in polled(DRIVERS[name], node_sdks, jobs)}
    assert wrong(server, name, {row: NODE[name](handed[id_of(row, name)]) for row in ROWS}) == {}
