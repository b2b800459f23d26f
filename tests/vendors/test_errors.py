"""The error tables: every status and code that the vendors' platforms are known to have, written here by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_server.engine.draws import Draws
from mock_server.paths import data
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, Registry
from mock_server.vendors.render import Renderer
from tests.support.emulators import VENDORS, World, body, scenario

QINIU = (
    (400, "Bad Request", "invalid argument: id"),
    (401, "Unauthorized", "bad token"),
    (403, "Forbidden", "forbidden"),
    (404, "Not Found", "not such id in prefop"),
    (405, "Method Not Allowed", "method not allowed"),
    (406, "Not Acceptable", "the uploaded data does not match its checksum"),
    (419, "Account Frozen", "the account is frozen"),
    (478, "Fetch From Origin Failed", "failed to fetch from the origin"),
    (503, "Service Unavailable", "service unavailable"),
    (504, "Gateway Timeout", "the operation timed out"),
    (573, "Too Many Requests", "the resource is accessed too frequently"),
    (579, "Callback Failed", "callback failed"),
    (599, "Server Operation Failed", "server operation failed"),
    (608, "Resource Modified", "the resource has been modified"),
    (612, "No Such Resource", "no such file or directory"),
    (614, "Resource Exists", "file exists"),
    (630, "Too Many Buckets", "too many buckets"),
    (631, "No Such Bucket", "no such bucket"),
    (640, "Invalid Marker", "invalid marker"),
    (701, "Invalid Context", "the upload's context is invalid or has expired"),
)
HUAWEI = (
    ("VOD.10051", 500, "An internal error occurred."),
    ("VOD.10052", 403, "An internal communication error occurred."),
    ("VOD.10053", 400, "请求参数非法，非法字段：task_id。"),
    ("VOD.10054", 403, "Authentication failed."),
    ("VOD.10055", 403, "Real-name authentication is not completed."),
    ("VOD.10056", 403, "The status of the user is abnormal."),
    ("VOD.10057", 403, "The tenant of the project could not be verified."),
    ("VOD.10058", 405, "The request method is not supported."),
    ("VOD.10059", 403, "The content type of the request is not supported."),
    ("VOD.10060", 403, "The media asset is not published."),
    ("VOD.10062", 404, "Media asset or resource does not exist, please check."),
    ("VOD.10074", 403, "You have no permission to do this."),
    ("VOD.10081", 400, "The request parameters are illegal."),
    ("VOD.10083", 403, "The current state does not allow this."),
    ("VOD.10086", 403, "The number of URLs to preheat exceeds its limit."),
    ("VOD.10109", 400, "At most 10 URLs can be preheated at a time."),
    ("VOD.10110", 403, "Unable to create cdn preHeating task, please check if the asset is enabled for cdn."),
    ("VOD.10111", 403, "You have no access to this."),
    ("VOD.10120", 403, "The account is in arrears."),
    ("VOD.10132", 403, "The account is closed or frozen."),
    ("APIG.0101", 404, "The API does not exist or has not been published in the environment."),
    ("APIG.0201", 413, "The request is too large."),
    ("APIG.0301", 401, "Incorrect IAM authentication information: decrypt token fail"),
    ("APIG.0308", 429, "The throttling threshold has been reached"),
    ("APIGW.0301", 401, "Incorrect IAM authentication information: verify aksk signature fail"),
)
HUAWEI_STATUSES = (
    (400, "VOD.10053"),
    (401, "APIGW.0301"),
    (403, "VOD.10074"),
    (404, "VOD.10062"),
    (405, "VOD.10058"),
    (413, "APIG.0201"),
    (414, "APIG.0201"),
    (429, "APIG.0308"),
    (494, "APIG.0201"),
    (500, "VOD.10051"),
    (599, "VOD.599"),
    (612, "VOD.612"),
)
WANGSU = (
    (400, "Bad Request", "Invalid parameter: persistentId"),
    (401, "Unauthorized", "Authorization Required"),
    (403, "Forbidden", "Bucket Access Denied"),
    (404, "Not Found", "persistentId Not Found"),
    (405, "Method Not Allowed", "Method Not Allowed"),
    (406, "Not Acceptable", "File Already Exist"),
    (429, "Too Many Requests", "Too Many Requests"),
    (579, "Callback Failed", "Callback Failed"),
    (599, "Server Operation Failed", "Server Operation Failed"),
)


def served(vendor: str, error: str | int) -> tuple[int, str, dict[str, Any]]:
    """What a scenario's step that shows an error is answered with: status, reason phrase, body."""
    text = f"vendors: [{vendor}]\nsteps: [{{error: {error}}}]\n"
    response = World(scenario(text)).poll(vendor=vendor)
    return response.status, response.reason, body(response)


@pytest.mark.parametrize(("status", "reason", "text"), QINIU)
def test_every_status_of_qinius_platform_has_its_phrase_and_text(status: int, reason: str, text: str) -> None:
    assert served("qiniu", status) == (status, reason, {"code": status, "error": text})


@pytest.mark.parametrize(("code", "status", "text"), HUAWEI)
def test_every_code_of_huaweis_error_pages_loads_and_has_its_status_and_text(code: str, status: int, text: str) -> None:
    found, reason, told = served("huawei", code)
    assert (found, told, reason != "") == (status, {"error_code": code, "error_msg": text}, True)


INCORRECT = "Incorrect IAM authentication information: "
CREDENTIALS = (
    ("qiniu", "unauthorized", "bad token"),
    ("huawei", "unauthorized", f"{INCORRECT}verify aksk signature fail"),
    ("huawei", "unsigned", f"{INCORRECT}x-auth-token not found"),
    ("huawei", "unknown_key", f"{INCORRECT}Get secretKey failed,ak:ak,err:ak not exist"),
    ("huawei", "expired", f"{INCORRECT}calc ak sk signature fail:signature expired"),
    ("huawei", "bad_token", f"{INCORRECT}decrypt token fail"),
    ("wangsu", "unauthorized", "Authorization Required"),
    ("wangsu", "unknown_key", "AK/SK Not Found"),
    ("wangsu", "bad_signature", "Token Invalid"),
    ("wangsu", "bad_format", "Token Format Invalid"),
)


@pytest.mark.parametrize(("vendor", "word", "text"), CREDENTIALS)
def test_every_word_for_credentials_is_one_of_a_scenario_too(vendor: str, word: str, text: str) -> None:
    status, reason, told = served(vendor, word)
    assert (status, reason, text in told.values()) == (401, "Unauthorized", True)


@pytest.mark.parametrize(("status", "code"), HUAWEI_STATUSES)
def test_each_status_of_huawei_has_the_code_that_is_likeliest(status: int, code: str) -> None:
    found, _, told = served("huawei", status)
    assert (found, told["error_code"]) == (status, code)


@pytest.mark.parametrize(("status", "reason", "text"), WANGSU)
def test_every_status_of_wangsus_pages_has_its_phrase_and_text(status: int, reason: str, text: str) -> None:
    assert served("wangsu", status) == (status, reason, {"code": str(status), "message": text})


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [300, 418, 477, 520, 612, 777, 999])
def test_a_status_without_a_row_says_which_it_is(vendor: str, status: int) -> None:
    found, reason, told = served(vendor, status)
    assert (found, reason != "", "Unknown" in json.dumps([reason, told])) == (status, True, False)


@pytest.mark.parametrize(
    ("vendor", "status", "reason"),
    [("qiniu", 298, "Partial Success"), *(("qiniu", row[0], row[1]) for row in QINIU), ("wangsu", 579, WANGSU[-2][1])],
)
def test_a_status_said_by_hand_has_the_vendors_phrase_too(vendor: str, status: int, reason: str) -> None:
    text = f"vendors: [{vendor}]\nsteps: [{{state: succeeded, status: {status}}}]\n"
    response = World(scenario(text)).poll(vendor=vendor)
    assert (response.status, response.reason) == (status, reason)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_row_fits_the_vendors_contract_of_errors(vendor: str, profile: str) -> None:
    registry = Registry(options={"profile": profile})
    renderer = Renderer(registry, Contracts(reference=True), Fixtures([data("fixtures")]))
    dialect = registry.dialect(vendor)
    for error in (*dialect.errors, *range(100, 1000)):
        for field in (None, "task_id", "{brace}", "é"):
            rendered = renderer.error(vendor, error, Draws(0, "made-up.1"), 1, field=field)
            assert rendered.breach is None, error
            line = f"{rendered.response.status} {rendered.response.reason}"
            assert line.isascii(), error
            assert line.isprintable(), error
            assert not line.endswith(" "), error


def test_every_row_names_its_source_or_is_ours() -> None:
    for vendor, rows in Registry().error_rows().items():
        for row in rows.values():
            assert row.ours or row.source, (vendor, row)
