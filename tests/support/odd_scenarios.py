"""What leaves the server in the shipped scenarios that spoil a response: written by hand, and held by the tests.

Each spoils every response in the same way, but for those of which `FIRST` says how many polls it spoils.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.support.shipped import VENDORS

JSON = "application/json"


class Left(NamedTuple):
    """A response as it leaves.

    `body`: `task` and `error` are the vendor's, `half` is the first half of it, `page` a gateway's, anything else is
    the text itself. `fault` is what then happens on the connection. `off` is the place at which the body breaks the
    contract, or one for each vendor. A header of None is not there.
    """

    status: int = 200
    body: str = "task"
    type: str | None = JSON
    fault: str = ""
    headers: Mapping[str, str | None] = {}
    off: str | Mapping[str, str] = ""
    delay: tuple[int, int] = (0, 0)
    vendors: tuple[str, ...] = VENDORS


TWO = ("qiniu", "wangsu")
QINIU = ("qiniu",)
TASK = (
    '{"id":"t","code":0,"desc":"done","items":[{"cmd":"avthumb/mp4","code":0,"desc":"done"}],'
    '"preheating_results":[{"url":"https://cdn.example.com/a.mp4","status":"succeed"}],'
    '"creationDate":"2024-08-27T19:02:44+08:00"}'
)
CODED = '{"id":"t","code":%s,"desc":"done","items":[],"creationDate":"2024-08-27T19:02:44+08:00"}'
STRANGER = (
    '{"id":"z0.000000000000000000000000","code":0,"desc":"The fop was completed successfully","items":'
    '[{"cmd":"avthumb/mp4","code":0,"desc":"The fop was completed successfully","error":"",'
    '"hash":"FqK2gB7mXk3vL9d8nYw1zR5tC6sA","key":"stranger.mp4"}],'
    '"creationDate":"2024-08-27T19:02:44.664312968+08:00"}'
)
NESTED = '{"error":{"code":"VOD.10062","message":"Media asset or resource does not exist, please check."}}'
NO_IDS: Mapping[str, str | None] = {"X-Reqid": None, "X-Request-Id": None}


def to(location: str, status: int = 302) -> Left:
    """A redirect; `TARGET` in it stands for the path and parameter before the task's id."""
    return Left(status, "", headers={"Location": location})


ODD: Mapping[str, Left] = {
    # -- bodies
    "half-json": Left(body="half"),
    "half-json-error": Left(404, "half"),
    "gateway-page": Left(502, "page", "text/html", headers=NO_IDS),
    "gateway-page-404": Left(404, "page", "text/html", headers=NO_IDS),
    "gateway-page-with-request-id": Left(502, "page", "text/html", headers={"X-Reqid": "8iMAAAD0Qd3vaCAX"}),
    "gateway-page-once": Left(502, "page", "text/html"),
    "login-page": Left(200, "page", "text/html", headers=NO_IDS),
    "empty-body": Left(body=""),
    "empty-error": Left(404, ""),
    "no-content": Left(204, ""),
    "not-modified": Left(304, ""),
    "json-null": Left(body="null"),
    "json-list": Left(body="[]"),
    "json-number": Left(body="42"),
    "byte-order-mark": Left(body=f"\ufeff{TASK}"),
    "trailing-bytes": Left(body=f"{TASK} and more"),
    "plain-text-error": Left(404, "no such task", "text/plain"),
    "no-content-type": Left(type=None),
    "charset": Left(type="application/json; charset=utf-8"),
    "text-plain": Left(type="text/plain"),
    "compressed-by-name-only": Left(headers={"Content-Encoding": "gzip"}),
    "no-request-id": Left(headers=NO_IDS),
    "no-request-id-error": Left(404, "error", headers=NO_IDS),
    "log-header-alone": Left(headers={"X-Reqid": None, "X-Log": "PFOP:7"}, vendors=QINIU),
    "code-as-text": Left(off={"qiniu": "$.code", "huawei": "$.preheating_results[0].status", "wangsu": "$.code"}),
    "code-with-fraction": Left(body=CODED % "0.0", vendors=TWO),
    "code-too-big": Left(body=CODED % "99999999999999999999", vendors=TWO),
    "no-code": Left(off={"qiniu": "$.code", "huawei": "$.preheating_results[0].status", "wangsu": "$.code"}),
    "unknown-code": Left(off={"qiniu": "$.code", "huawei": "$.preheating_results[0].status", "wangsu": "$.code"}),
    "unknown-fields": Left(off={"qiniu": "$.traceId", "huawei": "$.total", "wangsu": "$.channelname"}),
    "items-null": Left(off={"qiniu": "$.items", "huawei": "$.preheating_results", "wangsu": "$.items"}),
    "items-empty": Left(off={"qiniu": "$.items", "huawei": "$.preheating_results", "wangsu": "$.items"}),
    "items-object": Left(off={"qiniu": "$.items", "huawei": "$.preheating_results", "wangsu": "$.items"}),
    "no-items": Left(off={"qiniu": "$.items", "huawei": "$.preheating_results", "wangsu": "$.items"}),
    "failed-without-reason": Left(off="$.items[0].error", vendors=TWO),
    "wrong-task": Left(body=STRANGER, vendors=QINIU),
    "date-as-text": Left(off="$.creationDate", vendors=QINIU),
    "date-null": Left(off="$.creationDate", vendors=QINIU),
    "error-without-code": Left(400, "error", off="$.code", vendors=QINIU),
    "error-code-as-number": Left(404, "error", off="$.code", vendors=("wangsu",)),
    "nested-error": Left(404, NESTED, vendors=("huawei",)),
    "status-203": Left(203),
    "status-206": Left(206),
    "status-298": Left(298, vendors=QINIU),
    # -- connections
    "reset": Left(fault="reset"),
    "reset-once": Left(fault="reset"),
    "reset-midway": Left(fault="reset_mid"),
    "closed-without-a-byte": Left(fault="empty"),
    "hangs": Left(fault="hang"),
    "hangs-once": Left(fault="hang"),
    "dribbles": Left(fault="dribble"),
    "truncated": Left(fault="truncate"),
    "not-http": Left(fault="garbage"),
    "length-not-a-number": Left(fault="bad_length"),
    "length-too-long": Left(fault="bad_length"),
    "length-too-short": Left(fault="bad_length"),
    "broken-chunk": Left(fault="bad_chunk"),
    "closes-each-time": Left(fault="close"),
    "stale-connection": Left(fault="stale"),
    "moved-301": to("instant", 301),
    "redirect-302": to("instant", 302),
    "redirect-303": to("instant", 303),
    "redirect-307": to("instant", 307),
    "moved-308": to("instant", 308),
    "redirect-loop": to("self"),
    "redirect-to-login": to("https://login.example.com/?next=status"),
    # -- slow ones
    "slow-to-answer": Left(delay=(1_000, 3_000)),
    "slower-than-timeouts": Left(delay=(45_000, 45_000)),
}
FIRST: Mapping[str, range] = {
    "gateway-page-once": range(1, 2),
    "reset-once": range(1),
    "hangs-once": range(1),
}
"""The polls that are spoiled, counted from 0, where not all are."""
DRAWN = ("flaky-connection", "long-tail")
"""Those whose polls draw whether, or how far, they are spoiled; each has a test of its own."""
