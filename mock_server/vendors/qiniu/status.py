"""Qiniu `prefop`: the status of a persistent processing job.

Source: the vendor's page "查询异步处理状态（prefop）"; what it leaves out comes from SDKs and responses seen live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar

from mock_server.engine.draws import HEX, URL_SAFE, Draws
from mock_server.engine.scenario import Profile, State
from mock_server.http.message import Pairs
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect, ErrorRow, Route, View, codes, error_table, row_of
from mock_server.vendors.qiniu.items import ITEM_FIELDS, body_of_item, minted_hash


class Code(IntEnum):
    """The table's `code`. 0 is success here, where other vendors' 0 is pending."""

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

TEXTS: Mapping[Code, str] = {
    Code.SUCCEEDED: "The fop was completed successfully",
    Code.WAITING: "The fop is waiting for execution",
    Code.PROCESSING: "The fop is executing now",
    Code.FAILED: "The fop is failed",
    Code.NOTIFY_FAILED: "Callback failed",  # seen in one server's code only; the vendor's own text is not known
}

_SAID: Mapping[State, tuple[int, str]] = {state: (code.value, TEXTS[code]) for state, code in CODES.items()}
"""What `code` and `desc` are in each state."""

ERRORS = error_table(
    {
        "illegal": ErrorRow(400, "Bad Request", "400", "invalid argument: {field}"),
        "unauthorized": ErrorRow(401, "Unauthorized", "401", "bad token"),
        "unknown": ErrorRow(404, "Not Found", "404", "not such id in prefop"),
        "no_route": ErrorRow(404, "Not Found", "404", "document not found"),
        "method": ErrorRow(405, "Method Not Allowed", "405", "method not allowed"),
        "throttled": ErrorRow(573, "Too Many Requests", "573", "the resource is accessed too frequently"),
    },
    (
        ErrorRow(403, "Forbidden", "403", "forbidden"),
        ErrorRow(599, "Server Operation Failed", "599", "server operation failed"),
    ),
)

STATUS = "/status/get/prefop"
_CHINA = 8 * 3600
"""How many seconds the vendor's clocks are ahead of UTC."""
_FIRST = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Qiniu(Dialect):
    """Qiniu's dialect. The `sdk` profile adds `creationDate`, without which the Go SDK reads no response at all."""

    profile: Profile = "sdk"

    name: ClassVar[str] = "qiniu"
    # The Node SDK, and Java's before 2020, ask by POST with a form.
    routes: ClassVar[tuple[Route, ...]] = (Route("status", STATUS, ("GET", "HEAD", "POST"), "id", "form"),)
    segments: ClassVar[frozenset[str]] = frozenset({"status", "pfop"})
    states: ClassVar[frozenset[State]] = frozenset(CODES)
    # At 4 the items show how the work ended, so no item has that word.
    item_states: ClassVar[frozenset[State]] = frozenset(CODES) - {State.NOTIFY_FAILED}
    has_whole: ClassVar[bool] = True
    item_fields: ClassVar[Mapping[str, Json]] = ITEM_FIELDS
    knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    errors: ClassVar[Mapping[str, ErrorRow]] = ERRORS

    def body(self, view: View) -> Json:
        """The status document; `live` carries the fields seen in production besides."""
        code, desc = _SAID[view.state or self.derive(tuple([item.state for item in view.items]))]
        live, drawn = self.profile == "live", view.draws.digest("task")
        created = creation_date(view.born, drawn[28:32])
        source = minted_hash(drawn) if State.SUCCEEDED in [item.state for item in view.items] else ""
        items = [body_of_item(view, item, *_SAID[item.state], source, live=live) for item in view.items]
        if self.profile == "document":
            return {"id": view.id, "code": code, "desc": desc, "items": items}
        if self.profile == "sdk":
            return {
                "id": view.id,
                "code": code,
                "desc": desc,
                "items": items,
                "creationDate": created,
            }
        return {
            "id": view.id,
            "pipeline": "0.default",
            "code": code,
            "desc": desc,
            "reqid": view.draws.text(URL_SAFE, 16, "submit"),
            "inputBucket": "source",
            "inputKey": view.draws.choice(view.pool, "input")["name"],
            "items": items,
            "creationDate": created,
        }

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """`{"code", "error"}`, as the document's failed request."""
        row = row_of(self.errors, error)
        return row, {"code": row.status, "error": row.text.format(field=field or "id")}

    def headers(self, draws: Draws, asked: int) -> Pairs:
        """Exactly `application/json`, which Ruby's SDK compares whole; without `X-Reqid` Python, Go and Java fail."""
        return (("Content-Type", "application/json"), ("X-Reqid", draws.text(URL_SAFE, 16, "reqid", asked)))

    def new_id(self, draws: Draws) -> str:
        """The zone, a dot and 24 hexadecimal digits."""
        return f"z0.{draws.text(HEX, 24, 'id')}"

    def glance(self, body: Json) -> str:
        """The code of the whole and of each item."""
        return codes(body.get("code"), body.get("items"), "code")


def creation_date(born: int, drawn: bytes) -> str:
    """The task's birth as the SDKs parse it: RFC 3339, nine digits of a second (`drawn` gives six), `+08:00`."""
    seconds, millis = divmod(born, 1000)
    day, second = divmod(seconds + _CHINA, 86_400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    nanos = int.from_bytes(drawn, "big") % 1_000_000
    return f"{date.fromordinal(_FIRST + day)}T{hour:02}:{minute:02}:{second:02}.{millis:03}{nanos:06}+08:00"
