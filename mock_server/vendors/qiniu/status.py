"""Qiniu `prefop`: the status of a persistent processing job.

Sources: the vendor's page "查询异步处理状态（prefop）", undated, called "the page" below; its manual of 2024-11-20,
https://developer.qiniu.com/dora/manual/1294; and, for what both leave out, the SDKs and responses seen live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar, get_args

from mock_server.engine.draws import HEX, URL_SAFE, Draws
from mock_server.engine.scenario import Profile, State
from mock_server.http.message import Request
from mock_server.types import Json
from mock_server.vendors.credentials import Denied, Keys
from mock_server.vendors.dialect import (
    Dialect,
    ErrorRow,
    ItemBody,
    ItemView,
    Pool,
    Reading,
    RequestId,
    Route,
    Unserved,
    View,
    Words,
    codes,
    error_table,
    read_items,
    reasons_in,
    row_of,
)
from mock_server.vendors.notices import Notice, Post, Progress, Signer, Terms, json_of
from mock_server.vendors.qiniu import notify, signing, submit
from mock_server.vendors.qiniu.items import ITEM_FIELDS, body_of_item, minted_hash, minted_result
from mock_server.vendors.submission import Asked


class Code(IntEnum):
    """The page's row `code`. 0 is success, while other vendors' 0 is pending."""

    SUCCEEDED = 0
    WAITING = 1
    PROCESSING = 2
    FAILED = 3
    NOTIFY_FAILED = 4


CODES: Mapping[State, Code] = {
    State.SUCCEEDED: Code.SUCCEEDED,
    State.WAITING: Code.WAITING,
    State.PROCESSING: Code.PROCESSING,
    State.FAILED: Code.FAILED,
    State.NOTIFY_FAILED: Code.NOTIFY_FAILED,
}

# Row `desc` of the page has no texts: that of 0 is in its sample, those of 1 to 3 in live responses.
TEXTS: Mapping[Code, str] = {
    Code.SUCCEEDED: "The fop was completed successfully",
    Code.WAITING: "The fop is waiting for execution",
    Code.PROCESSING: "The fop is executing now",
    Code.FAILED: "The fop is failed",
    Code.NOTIFY_FAILED: "Callback failed",  # seen in the code of an imitation only; the vendor's own text is not known
}

_CODE_AND_DESC: Mapping[State, tuple[int, str]] = {state: (code.value, TEXTS[code]) for state, code in CODES.items()}

_STATES: Mapping[int, State] = {code.value: state for state, code in CODES.items()}
_ITEM_STATES: Mapping[int, State] = {code: state for code, state in _STATES.items() if code != Code.NOTIFY_FAILED}

_PAGE = "the page, 错误消息"
_TABLE = "status table, developer.qiniu.com/fusion/kb/1352"

# The page's table "错误消息" has the statuses 400, 404 and 599 and what they mean, but no texts. The other statuses
# are in the platform's table. Reason phrases are ours, and so are the texts that nobody saw.
ERRORS = error_table(
    {
        "illegal": ErrorRow(400, "Bad Request", "400", "invalid argument: {field}", source=_PAGE),
        "unauthorized": ErrorRow(401, "Unauthorized", "401", "bad token", source=_TABLE),
        "unknown": ErrorRow(
            404, "Not Found", "404", "not such id in prefop", ours=False, source=f"{_PAGE}; text seen in 2014"
        ),
        "no_route": ErrorRow(404, "Not Found", "404", "document not found"),
        "method": ErrorRow(405, "Method Not Allowed", "405", "method not allowed", source=_TABLE),
        "throttled": ErrorRow(
            573, "Too Many Requests", "573", "the resource is accessed too frequently", source=_TABLE
        ),
    },
    (
        ErrorRow(599, "Server Operation Failed", "599", "server operation failed", source=_PAGE),
        *(
            ErrorRow(status, reason, str(status), text, source=_TABLE)
            for status, reason, text in (
                (403, "Forbidden", "forbidden"),
                (406, "Not Acceptable", "the uploaded data does not match its checksum"),
                (419, "Account Frozen", "the account is frozen"),
                (478, "Fetch From Origin Failed", "failed to fetch from the origin"),
                (503, "Service Unavailable", "service unavailable"),
                (504, "Gateway Timeout", "the operation timed out"),
                (579, "Callback Failed", "callback failed"),
                (608, "Resource Modified", "the resource has been modified"),
                (612, "No Such Resource", "no such file or directory"),
                (614, "Resource Exists", "file exists"),
                (630, "Too Many Buckets", "too many buckets"),
                (640, "Invalid Marker", "invalid marker"),
                (701, "Invalid Context", "the upload's context is invalid or has expired"),
            )
        ),
        ErrorRow(
            631, "No Such Bucket", "631", "no such bucket", ours=False, source=f"{_TABLE}; text seen in tests of qshell"
        ),
    ),
)

STATUS = "/status/get/prefop"
SUBMIT = "/pfop"
REGIONS = ("/v2/query", "/v3/query", "/v4/query", "/regions")
"""Where SDKs without a host look for one."""
_CHINA = 8 * 3600
"""Seconds by which the vendor's time zone is ahead of UTC."""
_FIRST = date(1970, 1, 1).toordinal()
_EARLIEST = ((1 - _FIRST) * 86_400 - _CHINA) * 1000
_LATEST = ((date.max.toordinal() + 1 - _FIRST) * 86_400 - _CHINA) * 1000 - 1


@dataclass(frozen=True)
class Qiniu(Dialect):
    """Qiniu's dialect. The `sdk` profile adds `creationDate`, without which the Go SDK reads no response at all.

    `callback` is the scheme by which notifications are signed.
    """

    profile: Profile = "sdk"
    callback: notify.Callback = "qiniu"

    name: ClassVar[str] = "qiniu"
    # The page has GET; the Node SDK, and Java's before 2020, send a POST with a form.
    routes: ClassVar[tuple[Route, ...]] = (
        Route("status", STATUS, ("GET", "HEAD", "POST"), "id", "form"),
        Route("pfop", SUBMIT, ("POST",), "", asks="submit"),
    )
    segments: ClassVar[frozenset[str]] = frozenset({"status", "pfop", "v2", "v4", "regions"})
    unserved: ClassVar[tuple[Unserved, ...]] = tuple(
        Unserved(path, "qiniu's regions; set the SDK's API host") for path in REGIONS
    )
    hosts: ClassVar[tuple[str, ...]] = (
        "api.qiniu.com",
        "api-z1.qiniu.com",
        "api-z2.qiniu.com",
        "api-na0.qiniu.com",
        "api.qiniuapi.com",
        "api-cn-east-2.qiniuapi.com",
        "api-z1.qiniuapi.com",
        "api-z2.qiniuapi.com",
        "api-na0.qiniuapi.com",
        "api-as0.qiniuapi.com",
    )
    states: ClassVar[frozenset[State]] = frozenset(CODES)
    # At 4 the items show how the work ended, so no item has that state.
    item_states: ClassVar[frozenset[State]] = frozenset(CODES) - {State.NOTIFY_FAILED}
    has_whole: ClassVar[bool] = True
    item_fields: ClassVar[Mapping[str, Json]] = ITEM_FIELDS
    # Ruby's SDK compares the whole type. Without `X-Reqid` Python, Go and Java fail.
    request_id: ClassVar[RequestId] = RequestId("X-Reqid", URL_SAFE, 16)
    facts: ClassVar[Mapping[str, str]] = submit.FACTS
    submit_keys: ClassVar[Mapping[str, str]] = submit.KEYS
    submit_fields: ClassVar[Mapping[str, str]] = submit.FIELDS
    knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {"callback": get_args(notify.Callback)}
    terms: ClassVar[Terms] = notify.TERMS
    errors: ClassVar[Mapping[str, ErrorRow]] = ERRORS
    reasons: ClassVar[Mapping[int, str]] = {298: "Partial Success"}

    def item(self, item: ItemView) -> ItemBody:
        """The page's rows below `items`."""
        return body_of_item(item, *_CODE_AND_DESC[item.state], live=self.profile == "live")

    def words(self, draws: Draws, born: int, pool: Pool) -> Words:
        """The hash of the job's input file (`source`), its birth, and in `live` what only production shows."""
        digest = draws.digest("task")
        words = {"source": minted_hash(digest)}
        if self.profile != "document":
            words["creationDate"] = creation_date(born, digest[28:32])
        if self.profile == "live":
            words["reqid"] = draws.text(URL_SAFE, 16, "submit")
            words["inputKey"] = draws.choice(pool, "input")["name"]
        return words

    def item_words(self, draws: Draws, position: int, words: Words) -> Words:
        """The hash and the key of a result."""
        return minted_result(draws, position, words["source"])

    def body(self, view: View) -> Json:
        """The page's rows in its sample's order; `live` has the manual's fields as well, in the order seen live."""
        id, state, items, words, facts = view
        code, desc = _CODE_AND_DESC[state]
        if self.profile == "sdk":
            return {"id": id, "code": code, "desc": desc, "items": items, "creationDate": words["creationDate"]}
        if self.profile == "document":
            return {"id": id, "code": code, "desc": desc, "items": items}
        body: dict[str, Json] = {
            "id": id,
            "pipeline": facts.get("pipeline", "0.default"),
            "code": code,
            "desc": desc,
            "reqid": words["reqid"],
            "inputBucket": facts.get("bucket", "source"),
            "inputKey": facts.get("key", words["inputKey"]),
            "items": items,
            "creationDate": words["creationDate"],
        }
        if "type" in facts:
            body["type"] = int(facts["type"])
        if "workflowTemplateID" in facts:
            body["taskFrom"] = f"workflow:{facts['workflowTemplateID']}"
        return body

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """`{"code", "error"}`, the page's failed request."""
        row = row_of(self.errors, error)
        return row, {"code": row.status, "error": row.text.format(field=field or "id")}

    def judge(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """As `signing` does."""
        return signing.judge(request, keys, real)

    def access_key(self, request: Request) -> str:
        """What Authorization has between its scheme and the colon."""
        return signing.access_key(request)

    def submission(self, route: Route, request: Request) -> Asked:
        """As `submit` reads it."""
        return submit.submission(request)

    def accepted(self, id: str) -> tuple[int, Json]:
        """`{"persistentId"}`, all that the SDKs read."""
        return 200, {"persistentId": id}

    def post(self, notice: Notice, signer: Signer | None) -> Post:
        """As `notify` makes it, signed as the option `callback` says."""
        return notify.post(notice, signer, self.callback, self.request_id)

    def read_notice(self, request: Request) -> Json | None:
        """The body as it is."""
        return json_of(request.body)

    def judge_notice(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """As any other request: notifications are signed in the same way."""
        return signing.judge(request, keys, real)

    def notified(self, state: State, progress: Progress) -> State:
        """As `notify` has it; items show how the work ended."""
        return notify.overlaid(state, progress)

    def new_id(self, draws: Draws) -> str:
        """The zone, a dot and 24 hexadecimal digits."""
        return f"z0.{draws.text(HEX, 24, 'id')}"

    def glance(self, body: Json) -> str:
        """The code of the whole and of each item."""
        return codes(body.get("code"), body.get("items"), "code")

    def item_reasons(self, body: Json) -> tuple[tuple[int, str], ...]:
        """The `error` of each operation that has one."""
        return reasons_in(body.get("items"), "error")

    def read_status(self, body: Json) -> Reading | None:
        """By the rows `code` of the page. At 4 no item is."""
        if not isinstance(body, dict) or type(body.get("code")) is not int:
            return None
        state = _STATES.get(body["code"])
        read = read_items(body.get("items"), "code", _ITEM_STATES, self.item_fields, "error")
        return None if state is None or read is None else Reading(state, *read)


def creation_date(born: int, noise: bytes) -> str:
    """The task's birth as the SDKs parse it: RFC 3339 with nine digits of a second, the last six from `noise`.

    A birth before the year 1 or after 9999, which moved clocks can bring about, is told as the first or last moment.
    """
    seconds, millis = divmod(max(_EARLIEST, min(born, _LATEST)), 1000)
    day, second = divmod(seconds + _CHINA, 86_400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    nanos = int.from_bytes(noise, "big") % 1_000_000
    return f"{date.fromordinal(_FIRST + day)}T{hour:02}:{minute:02}:{second:02}.{millis:03}{nanos:06}+08:00"
