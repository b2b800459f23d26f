"""PyPI `huaweicloudsdkvod`: what `show_preheating_asset` returns or raises to its caller, and how often it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServerResponseException,
    ServiceResponseException,
)
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkvod.v1 import ShowPreheatingAssetRequest, VodClient
from huaweicloudsdkvod.v1.region.vod_region import VodRegion

from mock_server.settings import Settings
from tests.support.live import LiveServer, serving
from tests.support.sdk_faults import serving_spoiled
from tests.support.sdk_waits import wait

PROJECT = "0123456789abcdef0123456789abcdef"


class Seen(NamedTuple):
    """What a caller has in hand after one call: a response and its URLs' statuses, or the exception raised.

    `urls` is None where the response has no `preheating_results`.
    """

    status: int
    urls: tuple[str, ...] | None = None
    raised: type[Any] | None = None
    code: str | None = None
    message: str | None = None


def urls(*statuses: str) -> Seen:
    """A response: the status of each URL."""
    return Seen(200, statuses)


ILLEGAL = Seen(400, None, ClientRequestException, "VOD.10053", "请求参数非法，非法字段：task_id。")
NO_PROJECT = ILLEGAL._replace(message="请求参数非法，非法字段：project_id。")
UNKNOWN = Seen(404, None, ClientRequestException, "VOD.10062", "Media asset or resource does not exist, please check.")
DOWN = Seen(599, None, ServerResponseException, "VOD.599", "Server operation failed.")

SCENARIOS = {
    "happy-path": [urls("processing"), urls("processing"), urls("succeed")],
    "fails-late": [urls("processing"), urls("processing"), urls("processing"), urls("failed")],
    "partial-failure": [
        urls("processing", "processing"),
        urls("succeed", "processing"),
        urls("succeed", "failed"),
    ],
    "success-hides-failure": [UNKNOWN],  # not served: this vendor has no code of the whole that could hide anything
    "not-found": [UNKNOWN],
    "bad-request": [ILLEGAL],
    "outage-then-recovery": [urls("processing"), DOWN, DOWN, urls("succeed")],
}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving_spoiled(tmp_path_factory.mktemp("spoiled")) as server:
        yield server


def client_of(url: str, *, project: str | None = PROJECT, retry_times: int = 0, timeout: float = 60) -> Any:
    """A client as its users build it, for an endpoint of their own."""
    return (
        VodClient.new_builder()
        .with_http_config(HttpConfig(retry_times=retry_times, timeout=timeout))
        .with_credentials(BasicCredentials("ak", "sk", project))
        .with_endpoint(url)
        .build()
    )


def show(client: Any, id: str | None) -> Any:
    """The call as its users write it."""
    return client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=id))


def ask(client: Any, id: str | None) -> Seen:
    """One call, as its caller sees it."""
    try:
        response = show(client, id)
    except ServiceResponseException as error:
        return Seen(error.status_code, None, type(error), error.error_code, error.error_msg)
    results = response.preheating_results
    return Seen(response.status_code, results if results is None else tuple(result.status for result in results))


def ends(seen: Seen) -> bool:
    """A caller goes on while a URL is not done, and while the service is down."""
    return seen.raised is not ServerResponseException and "processing" not in (seen.urls or ())


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_a_caller_that_polls_to_the_end_sees_the_scenario_one_request_a_call(
    live: LiveServer, scenario: str, expected: Sequence[Seen]
) -> None:
    id, client = f"{scenario}.huawei-python", client_of(live.url)
    assert wait(lambda: ask(client, id), ends) == expected
    assert len(live.requests(id)) == len(expected)


def test_the_request_is_a_signed_get_of_the_project(live: LiveServer) -> None:
    show(client_of(live.url), "instant.huawei-python-request")
    (entry,) = live.requests("instant.huawei-python-request")
    assert (entry.request.method, entry.request.target) == (
        "GET",
        f"/v1.0/{PROJECT}/asset/preheating?task_id=instant.huawei-python-request",
    )
    assert (entry.request.header("Authorization") or "").startswith("SDK-HMAC-SHA256 Access=ak, ")
    assert entry.request.header("X-Project-Id") == PROJECT


def test_the_caller_gets_the_urls_as_they_were_sent(live: LiveServer) -> None:
    response = show(client_of(live.url), "partial-failure.huawei-python-document")
    (entry,) = live.requests("partial-failure.huawei-python-document")
    sent = json.loads(entry.response.body)["preheating_results"]
    assert [(result.url, result.status) for result in response.preheating_results] == [
        (result["url"], result["status"]) for result in sent
    ]


def test_an_exception_carries_the_request_id_of_its_response(live: LiveServer) -> None:
    with pytest.raises(ClientRequestException) as raised:
        show(client_of(live.url), "not-found.huawei-python-id")
    (entry,) = live.requests("not-found.huawei-python-id")
    assert raised.value.request_id
    assert raised.value.request_id == entry.response.header("X-Request-Id")


def test_the_environment_alone_points_an_unchanged_client_here(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION_VOD_CN_NORTH_4", live.url)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "ak")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
    client = VodClient.new_builder().with_region(VodRegion.value_of("cn-north-4")).build()
    assert ask(client, "instant.huawei-python-environment") == urls("succeed")


def test_a_forgotten_project_is_refused_naming_the_field(live: LiveServer) -> None:
    assert ask(client_of(live.url, project=None), "instant.huawei-python-project") == NO_PROJECT


@pytest.mark.parametrize("id", [None, ""])
def test_a_forgotten_task_is_refused_naming_the_field(live: LiveServer, id: str | None) -> None:
    assert ask(client_of(live.url), id) == ILLEGAL


def test_upper_case_statuses_reach_the_caller_as_they_are() -> None:
    with serving(Settings(option=(("huawei", "casing", "upper"),), no_reload=True)) as server:
        assert ask(client_of(server.url), "instant.huawei-python-casing") == urls("SUCCEED")


@pytest.mark.parametrize("fault", ["malformed", "empty-body"])
def test_a_success_that_is_not_json_is_a_response_without_results(spoiled: LiveServer, fault: str) -> None:
    assert ask(client_of(spoiled.url), f"{fault}.huawei-python") == Seen(200, None)
    assert len(spoiled.requests(f"{fault}.huawei-python")) == 1


@pytest.mark.parametrize("fault", ["no-content-type", "charset", "plain-text", "no-reqid"])
def test_neither_content_type_nor_request_id_matters_to_a_success(spoiled: LiveServer, fault: str) -> None:
    assert ask(client_of(spoiled.url), f"{fault}.huawei-python") == urls("succeed")


@pytest.mark.parametrize(
    ("fault", "status", "raised"),
    [
        ("malformed-404", 404, ClientRequestException),
        ("html-404", 404, ClientRequestException),
        ("html", 502, ServerResponseException),
    ],
)
def test_an_error_that_is_not_json_is_raised_with_its_raw_text(
    spoiled: LiveServer, fault: str, status: int, raised: type[Any]
) -> None:
    seen = ask(client_of(spoiled.url), f"{fault}.huawei-python")
    (entry,) = spoiled.requests(f"{fault}.huawei-python")
    assert seen == Seen(status, None, raised, str(status), entry.response.body.decode())


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("error-500", 500, "VOD.10051"), ("error-502", 502, "VOD.502"), ("error-599", 599, "VOD.599")],
)
def test_a_server_error_is_not_tried_again_even_with_retries_allowed(
    spoiled: LiveServer, fault: str, status: int, code: str
) -> None:
    seen = ask(client_of(spoiled.url, retry_times=3), f"{fault}.huawei-python")
    assert (seen.status, seen.raised, seen.code) == (status, ServerResponseException, code)
    assert len(spoiled.requests(f"{fault}.huawei-python")) == 1


@pytest.mark.parametrize(("retry_times", "requests"), [(0, 1), (3, 4)])
def test_throttling_loses_its_body_and_request_id_and_is_tried_again_where_allowed(
    spoiled: LiveServer, retry_times: int, requests: int
) -> None:
    id = f"throttled.huawei-python-{retry_times}"
    with pytest.raises(ClientRequestException) as raised:
        show(client_of(spoiled.url, retry_times=retry_times), id)
    assert (raised.value.status_code, raised.value.error_code, raised.value.request_id) == (429, "429", "")
    assert "too many 429 error responses" in raised.value.error_msg
    assert len(spoiled.requests(id)) == requests
