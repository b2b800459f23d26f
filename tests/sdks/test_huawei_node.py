"""npm `@huaweicloud/huaweicloud-sdk-vod`: what `showPreheatingAsset` resolves to or rejects with, in one request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import LiveServer
from tests.support.node import polled
from tests.support.sdk_faults import SPOILED, serving_spoiled

# The process is the module's: one worker runs all of it.
pytestmark = pytest.mark.xdist_group("sdk-node")

SHIPPED = ("instant", "partial-failure", "not-found", "outage", "unauthorized")


def id_of(scenario: str) -> str:
    """The id under which the process asks for a scenario's task."""
    return f"{scenario}.huawei-node"


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving_spoiled(tmp_path_factory.mktemp("spoiled")) as server:
        yield server


@pytest.fixture(scope="module")
def handed(live: LiveServer, spoiled: LiveServer, node_sdks: Path) -> Mapping[str, Any]:
    """What each call came to, by id."""
    jobs = [{"host": live.host, "id": id_of(name)} for name in SHIPPED]
    jobs += [{"host": spoiled.host, "id": id_of(name)} for name in SPOILED]
    jobs.append({"host": live.host, "id": ""})
    return {told["id"]: told for told in polled("huawei_preheating.js", node_sdks, jobs)}


@pytest.mark.parametrize(
    ("scenario", "statuses"), [("instant", ["succeed"]), ("partial-failure", ["processing", "processing"])]
)
def test_a_response_is_an_object_with_the_status_of_each_url(
    live: LiveServer, handed: Mapping[str, Any], scenario: str, statuses: list[str]
) -> None:
    got = handed[id_of(scenario)]["got"]
    assert (got["httpStatusCode"], [url["status"] for url in got["preheating_results"]]) == (200, statuses)
    assert len(live.requests(id_of(scenario))) == 1


def test_the_request_is_a_signed_get_with_a_body(live: LiveServer, handed: Mapping[str, Any]) -> None:
    assert handed[id_of("instant")]
    (entry,) = live.requests(id_of("instant"))
    assert (entry.request.method, entry.request.body) == ("GET", b"{}")
    assert (entry.request.header("Authorization") or "").startswith("SDK-HMAC-SHA256 ")


@pytest.mark.parametrize(
    ("id", "name", "status", "code"),
    [
        (id_of("not-found"), "ClientRequestException", 404, "VOD.10062"),
        ("", "ClientRequestException", 400, "VOD.10053"),
        (id_of("unauthorized"), "ClientRequestException", 401, "APIGW.0301"),
        (id_of("throttled"), "ClientRequestException", 429, "APIG.0308"),
        (id_of("outage"), "ServerResponseException", 599, "VOD.599"),
        (id_of("error-502"), "ServerResponseException", 502, "VOD.502"),
    ],
)
def test_an_error_is_an_exception_with_its_status_code_and_request_id(
    handed: Mapping[str, Any], id: str, name: str, status: int, code: str
) -> None:
    raised = handed[id]["raised"]
    assert (raised["name"], raised["httpStatusCode"], raised["errorCode"]) == (name, status, code)
    assert raised["requestId"]


@pytest.mark.parametrize("fault", ["malformed", "empty-body"])
def test_a_body_that_is_no_json_is_no_error_and_nothing_else(handed: Mapping[str, Any], fault: str) -> None:
    assert handed[id_of(fault)]["got"] == {"httpStatusCode": 200}


@pytest.mark.parametrize("fault", ["no-content-type", "charset", "plain-text"])
def test_no_content_type_matters(handed: Mapping[str, Any], fault: str) -> None:
    assert [url["status"] for url in handed[id_of(fault)]["got"]["preheating_results"]] == ["succeed"]


@pytest.mark.parametrize("fault", ["throttled", "error-500", "error-502", "error-599"])
def test_no_status_is_tried_again(spoiled: LiveServer, handed: Mapping[str, Any], fault: str) -> None:
    assert handed[id_of(fault)]["raised"]
    assert len(spoiled.requests(id_of(fault))) == 1
