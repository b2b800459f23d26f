"""Huawei Cloud VOD `ShowPreheatingAsset`: the state of the preheating of each URL.

Source: the vendor's page "查询预热结果", ZH-CN_TOPIC_0145119431, undated; its tables are numbered 1 to 3. Codes that it
does not list come from the vendor's error pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from mock_server.engine.draws import HEX, Draws
from mock_server.engine.scenario import Profile, State
from mock_server.http.message import Request
from mock_server.types import Json
from mock_server.vendors.credentials import Denied, Keys
from mock_server.vendors.dialect import (
    Dialect,
    ErrorRow,
    ItemBody,
    ItemView,
    Reading,
    RequestId,
    Route,
    View,
    codes,
    error_table,
    read_items,
    row_of,
)
from mock_server.vendors.huawei import signing, submit
from mock_server.vendors.huawei.items import ITEM_FIELDS, body_of_item
from mock_server.vendors.submission import Asked

_REGIONS = ("cn-east-2", "cn-north-1", "cn-north-4", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3")
"""Those in which the service is."""


class Status(StrEnum):
    """Table 2, row `status`. None means waiting, and the whole has none."""

    PROCESSING = "processing"
    SUCCEED = "succeed"
    FAILED = "failed"


STATUSES: Mapping[State, Status] = {
    State.WAITING: Status.PROCESSING,
    State.PROCESSING: Status.PROCESSING,
    State.SUCCEEDED: Status.SUCCEED,
    State.FAILED: Status.FAILED,
}

# Waiting has no word of its own, and both spellings are read.
_STATES: Mapping[str, State] = {
    spelt: state
    for state, status in STATUSES.items()
    if state is not State.WAITING
    for spelt in (status.value, status.value.upper())
}

_PAGE = "the page, table 3"
_CODES = "VOD error codes, support.huaweicloud.com/api-vod/ErrorCode.html"
_WITH_403 = f"{_CODES}, there with 403"
_GATEWAY = "error codes of the API gateway"

# Table 3 has the form of an error, with VOD.10053 and its text. The other VOD codes are on the page of error codes,
# most of them with 403; those of APIG and APIGW are in the documents of the gateway in front of the service.
UNKNOWN = ErrorRow(
    404, "Not Found", "VOD.10062", "Media asset or resource does not exist, please check.", ours=False, source=_WITH_403
)


def _incorrect(why: str, *, ours: bool = False) -> ErrorRow:
    text = f"Incorrect IAM authentication information: {why}"
    return ErrorRow(401, "Unauthorized", "APIGW.0301", text, ours=ours, source=_GATEWAY)


WORDS: Mapping[str, ErrorRow] = {
    "illegal": ErrorRow(400, "Bad Request", "VOD.10053", "请求参数非法，非法字段：{field}。", ours=False, source=_PAGE),
    "unauthorized": _incorrect("verify aksk signature fail"),
    "unsigned": _incorrect("x-auth-token not found", ours=True),
    "unknown_key": _incorrect("Get secretKey failed,ak:{field},err:ak not exist"),
    "expired": _incorrect("calc ak sk signature fail:signature expired"),
    "bad_token": _incorrect("decrypt token fail"),
    "unknown": UNKNOWN,
    "no_route": ErrorRow(
        404,
        "Not Found",
        "APIG.0101",
        "The API does not exist or has not been published in the environment.",
        ours=False,
        source=_GATEWAY,
    ),
    "method": ErrorRow(
        405, "Method Not Allowed", "VOD.10058", "The request method is not supported.", source=_WITH_403
    ),
    "throttled": ErrorRow(
        429,
        "Too Many Requests",
        "APIG.0308",
        "The throttling threshold has been reached",
        ours=False,
        source="text: FAQ of VOD; the code is ours",
    ),
}
MORE = (
    *(
        ErrorRow(403, "Forbidden", code, text, source=_CODES)
        for code, text in (
            ("VOD.10074", "You have no permission to do this."),
            ("VOD.10054", "Authentication failed."),
            ("VOD.10057", "The tenant of the project could not be verified."),
            ("VOD.10052", "An internal communication error occurred."),
            ("VOD.10055", "Real-name authentication is not completed."),
            ("VOD.10056", "The status of the user is abnormal."),
            ("VOD.10059", "The content type of the request is not supported."),
            ("VOD.10060", "The media asset is not published."),
            ("VOD.10083", "The current state does not allow this."),
            ("VOD.10086", "The number of URLs to preheat exceeds its limit."),
            ("VOD.10111", "You have no access to this."),
            ("VOD.10120", "The account is in arrears."),
            ("VOD.10132", "The account is closed or frozen."),
        )
    ),
    ErrorRow(
        403,
        "Forbidden",
        "VOD.10110",
        "Unable to create cdn preHeating task, please check if the asset is enabled for cdn.",
        ours=False,
        source=_CODES,
    ),
    # The page has no status for this one; that of a submit which breaks the limit is ours.
    ErrorRow(400, "Bad Request", "VOD.10109", "At most 10 URLs can be preheated at a time.", source=_CODES),
    ErrorRow(400, "Bad Request", "VOD.10081", "The request parameters are illegal.", source=_CODES),
    ErrorRow(500, "Internal Server Error", "VOD.10051", "An internal error occurred.", source=_CODES),
    ErrorRow(
        401,
        "Unauthorized",
        "APIG.0301",
        "Incorrect IAM authentication information: decrypt token fail",
        ours=False,
        source=_GATEWAY,
    ),
    *(
        ErrorRow(status, reason, "APIG.0201", "The request is too large.", source=_GATEWAY)
        for status, reason in (
            (413, "Request Entity Too Large"),
            (414, "Request-URI Too Long"),
            (494, "Request Header Too Large"),
        )
    ),
    ErrorRow(599, "Server Operation Failed", "VOD.599", "Server operation failed."),
)
ERRORS = error_table(WORDS, MORE)
# The vendor's error pages show this code with 403 as well, which `live` answers.
LIVE_ERRORS = error_table({**WORDS, "unknown": UNKNOWN._replace(status=403, reason="Forbidden")}, MORE)

STATUS = "/v1.0/<project_id>/asset/preheating"
PROJECTS = ("/v3/projects", "/v3/auth/projects")
DOMAINS = "/v3/auth/domains"
"""What SDKs without a project id ask of IAM."""
EXAMPLE_PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Huawei(Dialect):
    """Huawei's dialect. With `casing` upper, statuses are spelt as the enum constants of the vendor's SDKs."""

    profile: Profile = "sdk"
    casing: Literal["lower", "upper"] = "lower"

    name: ClassVar[str] = "huawei"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("status", STATUS, ("GET", "HEAD"), "task_id"),
        Route("preheating", STATUS, ("POST",), "", asks="submit"),
        *(Route(path, path, ("GET",), "", asks="lookup") for path in (*PROJECTS, DOMAINS)),
    )
    segments: ClassVar[frozenset[str]] = frozenset({"v1.0", "v3"})
    hosts: ClassVar[tuple[str, ...]] = (
        "iam.myhuaweicloud.com",
        # An SDK that has no project id asks the IAM of its region for it.
        *(f"{service}.{region}.myhuaweicloud.com" for service in ("vod", "iam") for region in _REGIONS),
    )
    states: ClassVar[frozenset[State]] = frozenset(STATUSES)
    item_states: ClassVar[frozenset[State]] = frozenset(STATUSES)
    has_whole: ClassVar[bool] = False
    item_fields: ClassVar[Mapping[str, Json]] = ITEM_FIELDS
    # `X-Request-Id` is where the SDKs read the request id of an exception.
    request_id: ClassVar[RequestId] = RequestId("X-Request-Id", HEX, 32)
    facts: ClassVar[Mapping[str, str]] = submit.FACTS
    submit_keys: ClassVar[Mapping[str, str]] = submit.KEYS
    submit_fields: ClassVar[Mapping[str, str]] = submit.FIELDS
    knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {"casing": ("lower", "upper")}

    @property
    def errors(self) -> Mapping[str, ErrorRow]:
        """The error table; `live` answers an unknown task with 403."""
        return LIVE_ERRORS if self.profile == "live" else ERRORS

    def item(self, item: ItemView) -> ItemBody:
        """Table 2: the URL and its status."""
        status = STATUSES[item.state].value
        return body_of_item(item, status.upper() if self.casing == "upper" else status)

    def body(self, view: View) -> Json:
        """Table 2: one object for each URL."""
        return {"preheating_results": view.items}

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """Table 3: `{"error_code", "error_msg"}`. A status without a row gets a code of ours, `VOD.<status>`."""
        row = row_of(self.errors, error, "VOD.{status}")
        named = field or ("ak" if error == "unknown_key" else "task_id")
        return row, {"error_code": row.code, "error_msg": row.text.format(field=named)}

    def is_signed(self, route: Route) -> bool:
        """Every request to the gateway is."""
        return True

    def judge(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """As `signing` does."""
        return signing.judge(request, keys, real)

    def submission(self, route: Route, request: Request) -> Asked:
        """As `submit` reads it. Every project is the one of `example`."""
        if route.asks == "submit":
            return submit.submission(request)
        return submit.domains(request) if route.path == DOMAINS else submit.projects(request, EXAMPLE_PROJECT)

    def accepted(self, id: str) -> tuple[int, Json]:
        """The page's response: 202 and the id."""
        return 202, {"task_id": id}

    def new_id(self, draws: Draws) -> str:
        """32 hexadecimal digits."""
        return draws.text(HEX, 32, "id")

    def example(self, id: str) -> str:
        """The page's request, with a project id of the usual form."""
        return self.routes[0].target(id, project_id=EXAMPLE_PROJECT)

    def glance(self, body: Json) -> str:
        """The status of each URL."""
        return codes(None, body.get("preheating_results"), "status")

    def read_status(self, body: Json) -> Reading | None:
        """By the statuses of table 2, in either case. The whole follows from them."""
        results = body.get("preheating_results") if isinstance(body, dict) else None
        read = read_items(results, "status", _STATES, self.item_fields)
        return None if read is None else Reading(self.derive(tuple(shown.state for shown in read[0])), *read)
