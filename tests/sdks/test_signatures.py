"""Submits and polls by the real SDKs, their signatures checked, on both servers; and what a wrong key gets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
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
from qiniu import Auth, PersistentFop
from wcs.commons.config import Config
from wcs.services.client import Client

from mock_server import Client as AdminClient
from mock_server.assembly import assemble
from mock_server.control.bundle import export
from mock_server.http.message import request_of
from mock_server.settings import Settings
from tests.sdks.test_huawei_python import PROJECT
from tests.sdks.test_qiniu_python import pointed_at
from tests.support import signed
from tests.support.harness import Now, exchanges, started
from tests.support.live import LiveServer, serving_parts
from tests.support.node import polled

AK, SK, TOKEN = "made-up-ak", "made-up-secret-key", "made-up-token"
URLS = ["https://media.example.com/\u76ee\u5f55/a b.mp4"]


@pytest.fixture(scope="module", params=["wire", "flask"])
def checking(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that checks credentials, by the machine's real clock: SDKs date their signatures."""
    keys = ((AK, SK), ("ak", "sk"))
    settings = Settings(no_reload=True, auth="check", access_key=keys, auth_token=TOKEN, access_log=True)
    with serving_parts(assemble(settings), flask=request.param == "flask") as live:
        yield live


def test_qiniu_python(checking: LiveServer) -> None:
    with pointed_at(checking.url):
        job, info = PersistentFop(Auth(AK, SK), "bucket").execute("in/a b+\u76ee.mp4", ["avthumb/mp4"])
        assert info.status_code == 200, info
        assert PersistentFop(Auth(AK, SK), "bucket").get_status(job["persistentId"])[1].status_code == 200
        for wrong in (Auth(AK, "wrong"), Auth("unknown", SK)):
            job, info = PersistentFop(wrong, "bucket").execute("a.mp4", ["avthumb/mp4"])
            assert (job, info.status_code, info.error) == (None, 401, '{"code":401,"error":"bad token"}')


def wangsu(live: LiveServer, patch: pytest.MonkeyPatch, ak: str, sk: str) -> Any:
    settings = Config()
    for name, value in (("access_key", ak), ("secret_key", sk), ("mgr_url", live.host)):
        patch.setattr(settings, name, value)
    return Client(settings)


def test_wangsu_python(checking: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "bucket/Yg==/key/aw=="
    client = wangsu(checking, monkeypatch, AK, SK)
    code, body, _ = client.fmgr_delete(command)
    assert code == 200, body
    assert client.fmgr_status(body["persistentId"])[0] == 200
    code, body, _ = wangsu(checking, monkeypatch, AK, "wrong").fmgr_delete(command)
    assert (code, body["message"]) == (401, "Token Invalid")
    code, body, _ = wangsu(checking, monkeypatch, "unknown", SK).fmgr_delete(command)
    assert (code, body["message"]) == (401, "AK/SK Not Found")


def huawei(live: LiveServer, ak: str = AK, sk: str = SK) -> Any:
    return VodClient.new_builder().with_credentials(BasicCredentials(ak, sk, PROJECT)).with_endpoint(live.url).build()


def test_huawei_python(checking: LiveServer) -> None:
    request = CreatePreheatingAssetRequest(body=CreatePreheatingAssetReq(urls=URLS))
    client = huawei(checking)
    id = client.create_preheating_asset(request).task_id
    shown = client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=id))
    assert [result.url for result in shown.preheating_results] == URLS
    for wrong, text in (
        (huawei(checking, sk="wrong"), "verify aksk signature fail"),
        (huawei(checking, ak="unknown"), "Get secretKey failed,ak:unknown,err:ak not exist"),
    ):
        for call, asked in (
            (wrong.create_preheating_asset, request),
            (wrong.show_preheating_asset, ShowPreheatingAssetRequest(task_id=id)),
        ):
            with pytest.raises(ClientRequestException) as refused:
                call(asked)
            assert (refused.value.status_code, refused.value.error_code) == (401, "APIGW.0301")
            assert refused.value.error_msg == f"Incorrect IAM authentication information: {text}"


def test_huawei_finds_its_project_by_iam(checking: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    region = VodRegion.value_of("cn-north-4")
    monkeypatch.setattr(region, "endpoints", [checking.url])
    credentials = BasicCredentials(AK, SK).with_iam_endpoint(checking.url)
    client = VodClient.new_builder().with_credentials(credentials).with_region(region).build()
    assert client.create_preheating_asset(
        CreatePreheatingAssetRequest(body=CreatePreheatingAssetReq(asset_id="a"))
    ).task_id


@pytest.mark.xdist_group("sdk-node")
def test_node(checking: LiveServer, node_sdks: Path) -> None:
    jobs = [{"host": checking.host, "id": f"fails-late.node-{sdk}", "sdk": sdk} for sdk in ("qiniu", "huawei")]
    found = polled("submits.js", node_sdks, jobs)
    assert {each["status"] for each in found} <= {200, 202}, found
    huawei_id = next(each["body"]["task_id"] for each in found if "huawei" in each["id"])
    assert exchanges(checking.parts, huawei_id)[0].submits


def test_no_secret_is_in_any_response_log_or_bundle(checking: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ClientRequestException) as refused:
        huawei(checking, ak=SK, sk="x").create_preheating_asset(
            CreatePreheatingAssetRequest(body=CreatePreheatingAssetReq(asset_id="a"))
        )
    client = AdminClient(checking.url)
    texts = [
        str(refused.value),
        caplog.text,
        json.dumps(export(checking.parts)),
        str(client.version()),
        str(client.requests()),
    ]
    for text in texts:
        assert SK not in text
        assert TOKEN not in text


@pytest.mark.xdist_group("sdk-node")
def test_the_functions_of_qinius_node_sdk(node_sdks: Path) -> None:
    """Its `generateAccessTokenV2` signs a port twice, which the refusal names; without a port it is right."""
    body = signed.QINIU_BODY.decode()
    asked = [
        {"id": scheme, "url": f"http://{host}/pfop", "type": signed.FORM, "body": body, "date": signed.STAMP}
        for scheme in ("QBox", "Qiniu")
        for host in (signed.HOST, "127.0.0.1")
    ]
    answers = {}
    server = started(Now(), auth="check", access_key=(signed.PAIR,))
    for each, found in zip(asked, polled("tokens.js", node_sdks, asked), strict=True):
        host = each["url"].split("/")[2]
        headers = (("Host", host), ("Content-Type", signed.FORM), ("X-Qiniu-Date", signed.STAMP))
        request = request_of("POST", "/pfop", (*headers, ("Authorization", found["token"])), body.encode())
        response = server.emulator.answer(request)
        answers[each["id"], host] = response.status, response.header("X-Mock-Server-Error") or ""
    twice = answers.pop(("Qiniu", signed.HOST))
    assert {status for status, _ in answers.values()} == {200}
    assert twice[0] == 401
    assert "the port was signed twice, as generateAccessTokenV2 of the Node SDK does" in twice[1]
