"""Submit with a vendor's SDK, poll with it to the end: the job's own items, and the scenario that the submit names."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkvod.v1 import (
    CreatePreheatingAssetReq,
    CreatePreheatingAssetRequest,
    ShowPreheatingAssetRequest,
    VodClient,
)
from huaweicloudsdkvod.v1.region.vod_region import VodRegion
from qiniu import Auth, PersistentFop, op_save
from wcs.commons.config import Config
from wcs.services.client import Client

from mock_server.engine.task import Key
from mock_server.settings import Settings
from tests.sdks.test_huawei_python import PROJECT
from tests.sdks.test_qiniu_python import pointed_at
from tests.support.harness import exchanges
from tests.support.live import LiveServer, serving
from tests.support.node import polled

MOST = 9
"""Polls after which a task that has not ended is given up."""


def to_the_end(ask: Any, goes_on: Any) -> Any:
    for _ in range(MOST):
        found = ask()
        if not goes_on(found):
            return found
    raise AssertionError("the task has not ended")


def qiniu_job(live: LiveServer, key: str, fops: list[str], **options: Any) -> tuple[Any, Any]:
    with pointed_at(live.url):
        fop = PersistentFop(Auth("ak", "sk"), "bucket", **options)
        job, info = fop.execute(key, fops)
        assert info.status_code == 200, info
        ended = to_the_end(lambda: fop.get_status(job["persistentId"])[0], lambda found: found["code"] in (1, 2))
    return job, ended


def test_qiniu_python(live: LiveServer) -> None:
    saved = op_save("avthumb/mp4", "out", "a/b.mp4")
    job, ended = qiniu_job(live, "in/video.mp4", [saved, "vframe/jpg"], notify_url="http://127.0.0.1:9/cb")
    assert [(item["cmd"], item["code"]) for item in ended["items"]] == [(saved, 0), ("vframe/jpg", 0)]
    assert ended["items"][0]["key"] == "a/b.mp4"
    # An attempt to notify may have ended by now.
    first, *polls = [entry for entry in live.requests(job["persistentId"]) if entry.told is None]
    assert (first.request.target, len(polls)) == ("/pfop", 3)


def test_a_key_names_the_scenario(live: LiveServer) -> None:
    job, ended = qiniu_job(live, "in/fails-late.test-7.mp4", ["avthumb/mp4"])
    assert ended["code"] == 3
    assert (live.requests(job["persistentId"])[0].scenario or "").startswith("fails-late@")


@pytest.fixture
def wangsu(live: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = Config()
    for name, value in (("access_key", "ak"), ("secret_key", "sk"), ("mgr_url", live.host)):
        monkeypatch.setattr(settings, name, value)
    return Client(settings)


def coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


FETCH = f"fetchURL/{coded('http://origin.test/a.ts')}/bucket/{coded('media')}/key/{coded('out/a.ts')}"
COPY = f"resource/{coded('from:a.ts')}/bucket/{coded('to')}"
DELETE = f"bucket/{coded('media')}/key/{coded('a.ts')}"


@pytest.mark.parametrize(
    ("call", "command", "key", "url"),
    [
        ("fmgr_fetch", FETCH, "out/a.ts", "http://media.example.com/out/a.ts"),
        ("fmgr_copy", COPY, "a.ts", "http://to.example.com/a.ts"),
        ("fmgr_delete", DELETE, "a.ts", ""),
    ],
)
def test_wangsu_python(wangsu: Any, call: str, command: str, key: str, url: str) -> None:
    code, body, _ = getattr(wangsu, call)(command)
    assert code == 200, body
    ended = to_the_end(lambda: wangsu.fmgr_status(body["persistentId"])[1], lambda found: found["code"] in (0, 1))
    (item,) = ended["items"]
    assert (item["cmd"], item["code"], item["key"], item["url"]) == (command, "3", key, url)


def huawei(live: LiveServer, credentials: BasicCredentials) -> Any:
    return VodClient.new_builder().with_credentials(credentials).with_endpoint(live.url).build()


def preheated(client: Any, **what: Any) -> Any:
    request = CreatePreheatingAssetRequest(body=CreatePreheatingAssetReq(**what))
    id = client.create_preheating_asset(request).task_id
    return to_the_end(
        lambda: client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=id)),
        lambda found: any(result.status == "processing" for result in found.preheating_results),
    ).preheating_results


def test_huawei_python(live: LiveServer) -> None:
    urls = ["https://media.example.com/\u76ee\u5f55/a b.mp4", "https://media.example.com/b.mp4"]
    results = preheated(huawei(live, BasicCredentials("ak", "sk", PROJECT)), urls=urls)
    assert [(result.url, result.status) for result in results] == [(url, "succeed") for url in urls]


def test_an_asset_names_the_scenario(live: LiveServer) -> None:
    results = preheated(huawei(live, BasicCredentials("ak", "sk", PROJECT)), asset_id="fails-late")
    assert [result.status for result in results] == ["failed"]


def test_huaweis_refusal_is_the_sdks_exception(live: LiveServer) -> None:
    client = huawei(live, BasicCredentials("ak", "sk", PROJECT))
    with pytest.raises(ClientRequestException) as refused:
        client.create_preheating_asset(CreatePreheatingAssetRequest(body=CreatePreheatingAssetReq()))
    assert (refused.value.status_code, refused.value.error_code) == (400, "VOD.10053")


def test_huawei_finds_its_project_by_iam(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Settings(no_reload=True)) as live:
        region = VodRegion.value_of("cn-north-4")
        monkeypatch.setattr(region, "endpoints", [live.url])
        credentials = BasicCredentials("ak", "sk").with_iam_endpoint(live.url)
        client = VodClient.new_builder().with_credentials(credentials).with_region(region).build()
        (result,) = preheated(client, urls=["http://media.example.com/a.mp4"])
        assert result.status == "succeed"
        assert exchanges(live.parts)[-1].request.target.startswith(f"/v1.0/{PROJECT}/")


@pytest.mark.xdist_group("sdk-node")
def test_node(live: LiveServer, node_sdks: Path) -> None:
    jobs = [{"host": live.host, "id": f"fails-late.node-{sdk}", "sdk": sdk} for sdk in ("qiniu", "huawei")]
    found = {each["id"]: each for each in polled("submits.js", node_sdks, jobs)}
    qiniu, preheating = (found[job["id"]]["body"] for job in jobs)
    for key, items in ((Key("qiniu", qiniu["persistentId"]), 2), (Key("huawei", preheating["task_id"]), 1)):
        (entry,) = live.requests(key.id)
        run = live.parts.ledger.read(key)
        assert run is not None
        assert (entry.submits, run.scenario.name, len(run.items)) == (True, "fails-late", items)
