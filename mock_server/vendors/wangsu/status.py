"""Wangsu `fmgr/status`: the status of a file management task.

Sources: the vendor's page "Querying the execution status of Fmgr tasks" of 2022-02-14, called "the page" below; and for
`live` its sample of a notification, 2023, https://documents.cdnetworks.com/document/16033/26239.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal

from mock_server.engine.draws import HEX, URL_SAFE, Draws
from mock_server.engine.scenario import FAILURES, Profile, State
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
    Unserved,
    View,
    Words,
    codes,
    error_table,
    read_items,
    reasons_in,
    row_of,
)
from mock_server.vendors.notices import Notice, Post, Progress, Signer, Terms
from mock_server.vendors.submission import Asked
from mock_server.vendors.wangsu import notify, signing, submit
from mock_server.vendors.wangsu.items import ITEM_FIELDS, ItemCode, body_of_item


class Code(IntEnum):
    """The page's row `code` of the task, list 1 (a query). There is no 2, and 3 means only that the work is over."""

    PENDING = 0
    PROCESSING = 1
    COMPLETED = 3
    NOTIFYING = 4
    NOTIFY_FAILED = 5
    NOTIFIED = 6


CODES: Mapping[State, Code] = {
    State.WAITING: Code.PENDING,
    State.PROCESSING: Code.PROCESSING,
    State.SUCCEEDED: Code.COMPLETED,
    State.FAILED: Code.COMPLETED,
    State.NOTIFYING: Code.NOTIFYING,
    State.NOTIFY_FAILED: Code.NOTIFY_FAILED,
    State.NOTIFIED: Code.NOTIFIED,
}

# Row `desc` has no texts. That of 3 is in the notification sample; the others are ours, in its style.
TEXTS: Mapping[Code, str] = {
    Code.PENDING: "fileOperatePending",
    Code.PROCESSING: "fileOperateProcessing",
    Code.COMPLETED: "fileOperateSucceed",
    Code.NOTIFYING: "fileOperateNotifying",
    Code.NOTIFY_FAILED: "fileOperateNotifyFailed",
    Code.NOTIFIED: "fileOperateNotifySucceed",
}

ITEM_CODES: Mapping[State, ItemCode] = {
    State.WAITING: ItemCode.PENDING,
    State.PROCESSING: ItemCode.PROCESSING,
    State.FAILED: ItemCode.FAILED,
    State.SUCCEEDED: ItemCode.SUCCEEDED,
    State.NOTIFYING: ItemCode.NOTIFYING,
    State.NOTIFY_FAILED: ItemCode.NOTIFY_FAILED,
    State.NOTIFIED: ItemCode.NOTIFIED,
    State.FAILURE_NOTIFYING: ItemCode.FAILURE_NOTIFYING,
    State.FAILURE_NOTIFY_FAILED: ItemCode.FAILURE_NOTIFY_FAILED,
    State.FAILURE_NOTIFIED: ItemCode.FAILURE_NOTIFIED,
}

_STATES: Mapping[int, State] = {code.value: state for state, code in CODES.items() if state is not State.FAILED}
# `live` has numbers where the page has text.
_ITEM_STATES: Mapping[int | str, State] = {
    spelt: state for state, code in ITEM_CODES.items() for spelt in (code.value, str(code.value))
}

_MEDIA = "the vendor's media API, documents.cdnetworks.com/document/media-live-vod/ma-vod-transcoding-response"
_NOTIFICATIONS_PAGE = "notifications, documents.cdnetworks.com/document/16033/26239"

# The page has the form of a failed request, but no statuses or texts. They are from the vendor's other APIs, or ours.
ERRORS = error_table(
    {
        "illegal": ErrorRow(400, "Bad Request", "400", "Invalid parameter: {field}"),
        "unauthorized": ErrorRow(401, "Unauthorized", "401", "Authorization Required", ours=False, source=_MEDIA),
        "unknown_key": ErrorRow(401, "Unauthorized", "401", "AK/SK Not Found", ours=False, source=_MEDIA),
        "bad_signature": ErrorRow(401, "Unauthorized", "401", "Token Invalid", ours=False, source=_MEDIA),
        "bad_format": ErrorRow(401, "Unauthorized", "401", "Token Format Invalid", ours=False, source=_MEDIA),
        "unknown": ErrorRow(404, "Not Found", "404", "persistentId Not Found"),
        "no_route": ErrorRow(404, "Not Found", "404", "Not Found"),
        "method": ErrorRow(405, "Method Not Allowed", "405", "Method Not Allowed"),
        "throttled": ErrorRow(429, "Too Many Requests", "429", "Too Many Requests"),
    },
    (
        ErrorRow(403, "Forbidden", "403", "Bucket Access Denied"),
        ErrorRow(406, "Not Acceptable", "406", "File Already Exist", ours=False, source=_MEDIA),
        ErrorRow(579, "Callback Failed", "579", "Callback Failed", source=_NOTIFICATIONS_PAGE),
        ErrorRow(599, "Server Operation Failed", "599", "Server Operation Failed"),
    ),
)

STATUS = "/fmgr/status"

_NOTIFICATIONS = (
    (State.NOTIFYING, {State.NOTIFYING, State.FAILURE_NOTIFYING}),
    (State.NOTIFY_FAILED, {State.NOTIFY_FAILED, State.FAILURE_NOTIFY_FAILED}),
)
_NOTIFIED = frozenset({State.NOTIFIED, State.FAILURE_NOTIFIED})


@dataclass(frozen=True)
class Wangsu(Dialect):
    """Wangsu's dialect. `separate` is the notification option with which a task was submitted."""

    profile: Profile = "sdk"
    separate: Literal["0", "1"] = "0"

    name: ClassVar[str] = "wangsu"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("status", STATUS, ("GET", "HEAD"), "persistentId"),
        *(Route(name, f"/fmgr/{name}", ("POST",), "", asks="submit") for name in submit.OPERATIONS_BY_NAME),
    )
    segments: ClassVar[frozenset[str]] = frozenset({"fmgr", "fops", "setdeadline"})
    unserved: ClassVar[tuple[Unserved, ...]] = (
        Unserved("/fops", "wangsu's media operations; poll /fmgr/status"),
        Unserved("/status/get/prefop", "wangsu's media operations; poll /fmgr/status", parameter="persistentId"),
        Unserved("/setdeadline", "wangsu's deadlines of files"),
    )
    states: ClassVar[frozenset[State]] = frozenset(CODES)
    item_states: ClassVar[frozenset[State]] = frozenset(ITEM_CODES)
    has_whole: ClassVar[bool] = True
    item_fields: ClassVar[Mapping[str, Json]] = ITEM_FIELDS
    # The Python SDK gives its caller `X-Reqid` with every response.
    request_id: ClassVar[RequestId] = RequestId("X-Reqid", URL_SAFE, 16)
    facts: ClassVar[Mapping[str, str]] = submit.FACTS
    submit_keys: ClassVar[Mapping[str, str]] = submit.KEYS
    submit_fields: ClassVar[Mapping[str, str]] = submit.FIELDS
    knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {"separate": ("0", "1")}
    terms: ClassVar[Terms] = notify.TERMS
    may_tell_items: ClassVar[bool] = True
    errors: ClassVar[Mapping[str, ErrorRow]] = ERRORS

    def derive(self, items: tuple[State, ...]) -> State:
        """All waiting: 0. Any unfinished: 1. Any 4 or 18: 4. Any 5 or 19: 5. All 6 or 20: 6. Else 3."""
        whole = super().derive(items)
        if whole in (State.WAITING, State.PROCESSING):
            return whole
        for state, words in _NOTIFICATIONS:
            if words.intersection(items):
                return state
        return State.NOTIFIED if _NOTIFIED.issuperset(items) else whole

    def item(self, item: ItemView) -> ItemBody:
        """The page's rows of an operation."""
        return body_of_item(item, ITEM_CODES[item.state], live=self.profile == "live")

    def item_words(self, draws: Draws, position: int, words: Words) -> Words:
        """The hash of a result."""
        return {"hash": "l" + draws.text(URL_SAFE, 27, "hash", position)}

    def body(self, view: View) -> Json:
        """The page's rows in the order of its sample; `live` has numbers where the page has text."""
        code, separate = CODES[view.state], self._separate(view.facts)
        return {
            "id": view.id,
            "code": code.value,
            "desc": TEXTS[code],
            "separate": int(separate) if self.profile == "live" else separate,
            "items": view.items,
        }

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """The page's failed request, `{"code", "message"}`. The code is text: the Go SDK cannot read a number there."""
        row = row_of(self.errors, error)
        return row, {"code": str(row.status), "message": row.text.format(field=field or "persistentId")}

    def judge(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """As `signing` does."""
        return signing.judge(request, keys)

    def access_key(self, request: Request) -> str:
        """What Authorization has before its colon."""
        return signing.parts_of(request.header("Authorization") or "")[0]

    def submission(self, route: Route, request: Request) -> Asked:
        """As `submit` reads it; the route's name is the operation."""
        return submit.submission(route.name, request)

    def accepted(self, id: str) -> tuple[int, Json]:
        """`{"persistentId"}`, all that the SDKs read."""
        return 200, {"persistentId": id}

    def told(self, view: View, items: tuple[State, ...]) -> Json:
        """The status body with the code that a notification has."""
        code, desc = notify.code_of(items, by_item=self.tells_items(view.facts))
        return {**self.body(view), "code": code, "desc": desc}

    def post(self, notice: Notice, signer: Signer | None) -> Post:
        """As `notify` makes it."""
        return notify.post(notice, signer)

    def read_notice(self, request: Request) -> Json | None:
        """As `notify` reads it."""
        return notify.read(request)

    def judge_notice(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """As `notify` does."""
        return notify.judge(request, keys)

    def tells_items(self, facts: Mapping[str, Json]) -> bool:
        """Whether it was submitted with `separate=1`."""
        return self._separate(facts) == "1"

    def _separate(self, facts: Mapping[str, Json]) -> str:
        return str(facts.get("separate", self.separate))

    def notified(self, state: State, progress: Progress) -> State:
        """As `notify` has it."""
        return notify.overlaid(state, progress)

    def notified_item(self, state: State, progress: Progress) -> State:
        """As `notify` has it."""
        return notify.overlaid_item(state, progress)

    def new_id(self, draws: Draws) -> str:
        """A prefix of four digits, then 32 hexadecimal ones, as live services have."""
        return f"1000{draws.text(HEX, 32, 'id')}"

    def glance(self, body: Json) -> str:
        """The code of the whole and of each item."""
        return codes(body.get("code"), body.get("items"), "code")

    def item_reasons(self, body: Json) -> tuple[tuple[int, str], ...]:
        """The `error` of each operation that has one."""
        return reasons_in(body.get("items"), "error")

    def read_status(self, body: Json) -> Reading | None:
        """By the rows `code` of the page. 3 is a failure where an item failed."""
        if not isinstance(body, dict) or type(body.get("code")) is not int:
            return None
        state = _STATES.get(body["code"])
        read = read_items(body.get("items"), "code", _ITEM_STATES, self.item_fields, "error")
        if state is None or read is None:
            return None
        failed = state is State.SUCCEEDED and any(shown.state in FAILURES for shown in read[0])
        return Reading(State.FAILED if failed else state, *read)
