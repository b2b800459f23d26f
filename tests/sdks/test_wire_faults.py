"""What the vendors' SDKs make of each fault of the wire, and how many requests they send for one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from huaweicloudsdkcore.exceptions.exceptions import ConnectionException
from requests.exceptions import ChunkedEncodingError

from mock_server.faults.kinds import FAULTS
from mock_server.settings import Settings
from tests.sdks.test_huawei_python import client_of, show
from tests.sdks.test_qiniu_python import get_status, pointed_at
from tests.sdks.test_wangsu_python import Connect, connect
from tests.support.node import polled
from tests.support.wire_kit import Wire, whole

# The SDKs' configuration is the process's, and Node's process is shared: one worker runs all of it.
pytestmark = pytest.mark.xdist_group("sdk-wire")

__all__ = ["connect"]  # a fixture of the SDK's own tests


class Seen(NamedTuple):
    """What a caller has in hand after one call, in a word or two, and the requests that came for it."""

    outcome: Any
    requests: int


DELIVERIES = [name for name, kind in FAULTS.items() if kind.deliver is not None]
FAULTY = "about: Always the same fault.\nsteps: [{state: succeeded}]\nfaults: [{fault: %s%s}]\n"
TIMED = {"hang": ", over: 50ms", "dribble": ", over: 50ms"}


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A whole server with a scenario for each fault, of the fault's name."""
    folder = tmp_path_factory.mktemp("faults")
    for fault in DELIVERIES:
        name = fault.replace("_", "-")
        (folder / f"{name}.yaml").write_text(FAULTY % (fault, TIMED.get(fault, "")), "utf-8")
    with whole(Settings(scenarios=(folder,), no_builtin=True, no_reload=True)) as server:
        yield server


def id_of(fault: str, client: str) -> str:
    """The task that a client polls to meet a fault."""
    return f"{fault.replace('_', '-')}.{client}"


def requests(wire: Wire, id: str) -> int:
    """How many requests came for a task."""
    assert wire.parts is not None
    return sum(entry.id == id for entry in wire.parts.store.entries()[0])


BROKEN = Seen("ChunkedEncodingError", 1)
"""The response had begun: the SDKs below use `requests`, and none of them tries again."""

QINIU_PYTHON = {
    "reset": Seen("ConnectionError", 4),
    "empty": Seen("ConnectionError", 4),
    "hang": Seen("ConnectionError", 4),
    "garbage": Seen("ConnectionError", 4),
    "reset_mid": BROKEN,
    "truncate": BROKEN,
    "bad_chunk": BROKEN,
    **{fault: Seen("a job", 1) for fault in ("dribble", "close", "stale")},
    "bad_length": Seen("a job", 1),  # read to the end of the connection
}


@pytest.mark.parametrize(("fault", "expected"), QINIU_PYTHON.items(), ids=QINIU_PYTHON)
def test_qiniu_python_hands_out_no_ret_and_the_exception_and_asks_four_times_while_no_response_begins(
    wire: Wire, fault: str, expected: Seen
) -> None:
    id = id_of(fault, "qiniu-python")
    with pointed_at(f"http://127.0.0.1:{wire.port}"):
        ret, info = get_status(id)
    if expected.outcome == "a job":
        assert (ret["code"], info.status_code) == (0, 200)
    else:
        assert (ret, info.status_code, type(info.exception).__name__) == (None, -1, expected.outcome)
    assert requests(wire, id) == expected.requests


HUAWEI_PYTHON = {
    **{fault: Seen("ConnectionException", 1) for fault in ("reset", "empty", "hang", "garbage")},
    **dict.fromkeys(("reset_mid", "truncate", "bad_chunk"), BROKEN),
    **{fault: Seen("a task", 1) for fault in ("dribble", "bad_length", "close", "stale")},
}


@pytest.mark.parametrize(("fault", "expected"), HUAWEI_PYTHON.items(), ids=HUAWEI_PYTHON)
def test_huawei_python_raises_and_where_a_response_had_begun_no_exception_of_its_own(
    wire: Wire, fault: str, expected: Seen
) -> None:
    id, client = id_of(fault, "huawei-python"), client_of(f"http://127.0.0.1:{wire.port}")
    if expected.outcome == "a task":
        assert [result.status for result in show(client, id).preheating_results] == ["succeed"]
    else:
        with pytest.raises((ConnectionException, ChunkedEncodingError)) as raised:
            show(client, id)
        assert raised.type.__name__ == expected.outcome
    assert requests(wire, id) == expected.requests


@pytest.mark.parametrize("fault", ["reset", "empty", "hang", "garbage"])
def test_huawei_python_tries_again_as_often_as_it_is_told_to(wire: Wire, fault: str) -> None:
    id, client = id_of(fault, "huawei-python-3"), client_of(f"http://127.0.0.1:{wire.port}", retry_times=3)
    with pytest.raises(ConnectionException):
        show(client, id)
    assert requests(wire, id) == 4


WANGSU_PYTHON = {
    **{fault: Seen("ConnectionError", 1) for fault in ("reset", "empty", "hang", "garbage")},
    **dict.fromkeys(("reset_mid", "truncate", "bad_chunk"), BROKEN),
    **{fault: Seen("a task", 1) for fault in ("dribble", "bad_length", "close", "stale")},
}


@pytest.mark.parametrize(("fault", "expected"), WANGSU_PYTHON.items(), ids=WANGSU_PYTHON)
def test_wangsu_python_returns_minus_one_and_the_exception_itself_after_one_request(
    wire: Wire, connect: Connect, fault: str, expected: Seen
) -> None:
    id = id_of(fault, "wangsu-python")
    code, body, _ = connect(f"127.0.0.1:{wire.port}").fmgr_status(id)
    if expected.outcome == "a task":
        assert (code, body["code"]) == (200, 3)
    else:
        assert (code, type(body).__name__) == (-1, expected.outcome)
    assert requests(wire, id) == expected.requests


QINIU_NODE = {
    **dict.fromkeys(("reset", "empty", "hang", "garbage", "bad_length"), ("ResponseError", -1)),
    **dict.fromkeys(("reset_mid", "truncate", "bad_chunk"), ("Error", 200)),
    **dict.fromkeys(("dribble", "close", "stale"), (None, 200)),
}


@pytest.fixture(scope="module")
def handed(wire: Wire, node_sdks: Path) -> Mapping[str, Any]:
    """What the callers of both SDKs in JavaScript got, by task, each from one process that asks once for all."""
    found = {}
    for driver, client in (("qiniu_prefop.js", "qiniu-node"), ("huawei_preheating.js", "huawei-node")):
        jobs = [{"host": f"127.0.0.1:{wire.port}", "id": id_of(fault, client), "most": 1} for fault in DELIVERIES]
        found.update({told["id"]: told for told in polled(driver, node_sdks, jobs)})
    return found


@pytest.mark.parametrize(("fault", "expected"), QINIU_NODE.items(), ids=QINIU_NODE)
def test_qiniu_node_hands_its_callback_an_error_and_asks_once(
    wire: Wire, handed: Mapping[str, Any], fault: str, expected: tuple[str | None, int]
) -> None:
    told = handed[id_of(fault, "qiniu-node")]
    assert (told["err"], told["status"]) == expected
    assert requests(wire, told["id"]) == 1


READABLE = [name for name in DELIVERIES if not FAULTS[name].destroys]
HUAWEI_NODE = {**dict.fromkeys(DELIVERIES, "ServiceResponseException"), **dict.fromkeys(READABLE)}


@pytest.mark.parametrize(("fault", "expected"), HUAWEI_NODE.items(), ids=HUAWEI_NODE)
def test_huawei_node_rejects_with_one_exception_for_all_and_asks_once(
    wire: Wire, handed: Mapping[str, Any], fault: str, expected: str | None
) -> None:
    told = handed[id_of(fault, "huawei-node")]
    assert told.get("raised", {}).get("name") == expected
    assert requests(wire, told["id"]) == 1
