"""The whole round trip with the vendors' SDKs, on both servers: submit, poll to the end, be told by callback."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkvod.v1 import VodClient
from huaweicloudsdkvod.v1.region.vod_region import VodRegion
from qiniu import Auth, PersistentFop
from wcs.commons.config import Config
from wcs.services.client import Client

from tests.sdks.test_qiniu_python import pointed_at
from tests.sdks.test_round_trip import FETCH, coded, preheated, to_the_end
from tests.support.node import polled
from tests.support.notified import Notified, telling
from tests.support.receivers import Received

POLLED = (
    "about: Ends by polls.\nsteps: [{state: waiting, polls: 1}, {state: processing, polls: 1}, {state: succeeded}]\n"
)
AK = Auth("ak", "sk")


@pytest.fixture(params=["wire", "flask"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Notified]:
    flask = request.param == "flask"
    with telling(tmp_path, flask=flask, frozen=False, scenarios={"happy-path": POLLED}, auth="check") as made:
        yield made


def is_signed_for_the_sdk(told: Notified, request: Received) -> bool:
    """Whether the SDK's own check takes a notification of Qiniu."""
    headers = {name: request.header(name) for name in ("Host", "Content-Type")}
    sent, kind, url = request.header("Authorization"), headers["Content-Type"], told.receiver.url()
    taken = [AK.verify_callback(sent, url, body, kind, "POST", headers) for body in (request.body.decode(), "other")]
    return taken == [True, False]


def test_qiniu_python(told: Notified) -> None:
    with pointed_at(told.live.url):
        fop = PersistentFop(AK, "bucket", notify_url=told.receiver.url())
        job, info = fop.execute("in/happy-path.mp4", ["avthumb/mp4", "vframe/jpg"])
        assert info.status_code == 200, info
        ended = to_the_end(lambda: fop.get_status(job["persistentId"])[0], lambda found: found["code"] in (1, 2))
    (request,) = told.receiver.wait(1)
    assert request.json == ended
    assert is_signed_for_the_sdk(told, request)
    told.wait(1)
    assert told.outcomes(job["persistentId"]) == ["delivered"]


@pytest.mark.xdist_group("sdk-node")
def test_qiniu_node(told: Notified, node_sdks: Path) -> None:
    job = {"host": told.live.host, "id": "happy-path.node", "sdk": "qiniu", "notify": told.receiver.url()}
    (submitted,) = polled("submits.js", node_sdks, [job])
    id = submitted["body"]["persistentId"]
    *_, last = polled("qiniu_prefop.js", node_sdks, [{"host": told.live.host, "id": id, "most": 9}])
    (request,) = told.receiver.wait(1)
    assert (request.json["id"], request.json["code"]) == (id, last["body"]["code"]) == (id, 0)
    assert is_signed_for_the_sdk(told, request)


def test_wangsu_python(told: Notified, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Config()
    for name, value in (("access_key", "ak"), ("secret_key", "sk"), ("mgr_url", told.live.host)):
        monkeypatch.setattr(settings, name, value)
    client = Client(settings)
    code, body, _ = client.fmgr_fetch(f"{FETCH}&notifyURL={coded(told.receiver.url())}")
    assert code == 200, body
    ended = to_the_end(lambda: client.fmgr_status(body["persistentId"])[1], lambda found: found["code"] in (0, 1))
    (request,) = told.receiver.wait(1)
    notice = json.loads(urlsafe_b64decode(request.body))
    assert (notice["id"], notice["items"]) == (body["persistentId"], ended["items"])
    assert (request.header("Authorization") or "").startswith("ak:")


def test_huawei_python_finds_its_project_by_iam_and_is_never_told(
    told: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = VodRegion.value_of("cn-north-4")
    monkeypatch.setattr(region, "endpoints", [told.live.url])
    credentials = BasicCredentials("ak", "sk").with_iam_endpoint(told.live.url)
    client = VodClient.new_builder().with_credentials(credentials).with_region(region).build()
    (result,) = preheated(client, urls=["http://media.example.com/happy-path.mp4"])
    assert result.status == "succeed"
    assert told.receiver.connections == 0


@pytest.mark.xdist_group("sdk-node")
def test_huawei_node(told: Notified, node_sdks: Path) -> None:
    job = {"host": told.live.host, "id": "happy-path.node", "sdk": "huawei"}
    (submitted,) = polled("submits.js", node_sdks, [job])
    id = submitted["body"]["task_id"]
    asked = [{"host": told.live.host, "id": id}]
    results: Any = to_the_end(
        lambda: polled("huawei_preheating.js", node_sdks, asked)[0]["got"]["preheating_results"],
        lambda found: found[0]["status"] == "processing",
    )
    assert [each["status"] for each in results] == ["succeed"]
