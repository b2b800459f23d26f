"""The submits of fifteen SDKs, byte for byte, to both servers: which are accepted, and that their tasks can be polled.

`submit_requests.json` has them as the SDKs sent them; most of these cannot be installed here. Their signatures were cut
short when they were recorded, and this server looks at none.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.sdks.test_status_requests import exchange
from tests.support.live import LiveServer, serving_app
from tests.support.poller import Now
from tests.support.raw import Answer, answers, request_bytes, send

RECORDED: Mapping[str, Any] = json.loads(Path(__file__).with_name("submit_requests.json").read_text("utf-8"))
REFUSED = {
    "qiniu-java": "fops",  # its name for a workflow is another, so that it sends bucket and key alone
    "huawei-python": "urls",  # nothing is set
    "wangsu-php": "saveas",  # its compression may be called without the file to make
}
"""The SDKs that can send a submit which a vendor must refuse, and the field at fault."""
STATUS = {
    "qiniu": "/status/get/prefop?id=",
    "huawei": "/v1.0/p/asset/preheating?task_id=",
    "wangsu": "/fmgr/status?persistentId=",
}


@pytest.fixture(scope="module", params=["wire", "flask"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    app = create_app(Settings(no_reload=True), real_clock=Now())
    with serving_app(app, flask=request.param == "flask") as served:
        yield served


def sent(recorded: Mapping[str, Any], port: int) -> bytes:
    body: bytes = recorded["body"].encode()
    fill = {"LENGTH": str(len(body))}
    lines = [f"{name}: {fill.get(value, value)}" for name, value in recorded["headers"]]
    head = [f"POST {recorded['target']} HTTP/1.1", f"Host: 127.0.0.1:{port}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def submitted(live: LiveServer, recorded: Mapping[str, Any]) -> Answer:
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as connection:
        return exchange(connection, sent(recorded, live.port))


@pytest.mark.parametrize("name", RECORDED)
def test_an_sdks_submit_makes_a_task_or_is_refused_as_the_vendor_must(live: LiveServer, name: str) -> None:
    recorded, sdk = RECORDED[name], name.rpartition("-")[0]
    answer = submitted(live, recorded)
    body = json.loads(answer.body)
    if answer.status == 400:
        assert REFUSED[sdk] in json.dumps(body)
        return
    assert answer.status == (202 if recorded["vendor"] == "huawei" else 200)
    assert answer.header("x-mock-server") == "plays happy-path; by default"
    (id,) = body.values()
    (polled,) = answers(send(live.port, request_bytes("GET", STATUS[recorded["vendor"]] + id, None, b"")))
    assert polled.status == 200
    assert polled.header("x-mock-server-error") is None


def test_every_sdk_that_can_be_refused_is(live: LiveServer) -> None:
    refused = set()
    for name, recorded in RECORDED.items():
        answer = submitted(live, recorded)
        if answer.status == 400:
            refused.add(name.rpartition("-")[0])
    assert refused == REFUSED.keys()
