"""What the vendors' documents say, read off them by hand, and bodies that fit; nothing here comes from the schemas."""

from __future__ import annotations

from typing import Any, NamedTuple

from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts

Json = Any
DOCUMENTED = ("document", "sdk")
LIVE = ("live",)
EVERY = ("document", "sdk", "live")


class Row(NamedTuple):
    """One row of a document's table, or one field of its sample that no table lists.

    `values` are the listed ones; `closed` says that no other is allowed. An error body has the profile `error`, that of
    a notification `notice.` and its profile.
    """

    vendor: str
    row: str
    pointer: str
    type: str
    required: bool = True
    values: tuple[int | str, ...] = ()
    profiles: tuple[str, ...] = EVERY
    closed: bool = True


ERROR = ("error",)
TEN_CODES = (0, 1, 2, 3, 4, 5, 6, 18, 19, 20)

_OF_STATUS_AND_ERROR = (
    Row("qiniu", "id", "/id", "text"),
    Row("qiniu", "code", "/code", "integer", values=(0, 1, 2, 3, 4)),
    Row("qiniu", "desc", "/desc", "text"),
    Row("qiniu", "items", "/items", "array"),
    Row("qiniu", "cmd", "/items/0/cmd", "text"),
    Row("qiniu", "sample: items code", "/items/0/code", "integer", values=(0, 1, 2, 3)),
    Row("qiniu", "sample: items desc", "/items/0/desc", "text"),
    Row("qiniu", "error", "/items/0/error", "text or empty", profiles=DOCUMENTED),
    Row("qiniu", "hash", "/items/0/hash", "text"),
    Row("qiniu", "key", "/items/0/key", "text"),
    Row("qiniu", "the Go SDK's creationDate", "/creationDate", "moment", profiles=("sdk", "live")),
    Row("qiniu", "live: pipeline", "/pipeline", "text", profiles=LIVE),
    Row("qiniu", "live: reqid", "/reqid", "text", profiles=LIVE),
    Row("qiniu", "live: inputBucket", "/inputBucket", "text", profiles=LIVE),
    Row("qiniu", "live: inputKey", "/inputKey", "text", profiles=LIVE),
    Row("qiniu", "live: type", "/type", "integer", required=False, values=(0, 1), profiles=LIVE),
    Row("qiniu", "live: taskFrom", "/taskFrom", "text", required=False, profiles=LIVE),
    Row("qiniu", "live: returnOld", "/items/0/returnOld", "integer", values=(0, 1), profiles=LIVE),
    Row("qiniu", "live: error", "/items/1/error", "text", profiles=LIVE),
    Row("qiniu", "live: errorIndex", "/items/1/errorIndex", "count", required=False, profiles=LIVE),
    Row("qiniu", "live: keys", "/items/0/keys", "array", required=False, profiles=LIVE),
    Row("qiniu", "live: result", "/items/0/result", "anything", required=False, profiles=LIVE),
    Row("qiniu", "failed: code", "/code", "integer", profiles=ERROR),
    Row("qiniu", "failed: error", "/error", "text", profiles=ERROR),
    Row("huawei", "preheating_results", "/preheating_results", "array"),
    Row("huawei", "table 2: url", "/preheating_results/0/url", "text"),
    Row(
        "huawei", "table 2: status", "/preheating_results/0/status", "text", values=("processing", "succeed", "failed")
    ),
    Row("huawei", "table 3: error_code", "/error_code", "text", profiles=ERROR),
    Row("huawei", "table 3: error_msg", "/error_msg", "text", profiles=ERROR),
    Row("wangsu", "id", "/id", "text"),
    Row("wangsu", "code", "/code", "integer", values=(0, 1, 3, 4, 5, 6)),
    Row("wangsu", "desc", "/desc", "text"),
    Row("wangsu", "separate", "/separate", "text", values=("0", "1"), profiles=DOCUMENTED),
    Row("wangsu", "live: separate", "/separate", "integer", values=(0, 1), profiles=LIVE),
    Row("wangsu", "items", "/items", "array"),
    Row("wangsu", "cmd", "/items/0/cmd", "text"),
    Row(
        "wangsu",
        "items code",
        "/items/0/code",
        "digits",
        values=tuple(map(str, TEN_CODES)),
        profiles=DOCUMENTED,
        closed=False,
    ),
    Row("wangsu", "live: items code", "/items/0/code", "count", values=TEN_CODES, profiles=LIVE, closed=False),
    Row("wangsu", "items desc", "/items/0/desc", "text"),
    Row("wangsu", "error", "/items/0/error", "text or empty", profiles=DOCUMENTED),
    Row("wangsu", "live: error", "/items/0/error", "text or null", profiles=LIVE),
    Row("wangsu", "fsize", "/items/0/fsize", "count"),
    Row("wangsu", "hash", "/items/0/hash", "text or empty"),
    Row("wangsu", "key", "/items/0/key", "text"),
    Row("wangsu", "url", "/items/0/url", "text or empty"),
    Row("wangsu", "decompresslist", "/items/0/decompresslist", "text or empty", profiles=DOCUMENTED),
    Row("wangsu", "failed: code", "/code", "digits", profiles=ERROR),
    Row("wangsu", "failed: message", "/message", "text", profiles=ERROR),
)

NOTICES = tuple(f"notice.{profile}" for profile in EVERY)
_OF_NOTICE: dict[tuple[str, str], tuple[int | str, ...]] = {
    ("qiniu", "code"): (0, 1, 2, 3),
    ("wangsu", "code"): (1, 2, 3),
    ("wangsu", "items code"): ("0", "1", "2", "3"),
    ("wangsu", "live: items code"): (0, 1, 2, 3),
}
"""The values that rows have in a notification, where they are others than in a status."""


def _in_notice(row: Row) -> Row:
    """A row of a status as it is in a notification."""
    profiles = tuple(f"notice.{profile}" for profile in row.profiles)
    return row._replace(profiles=profiles, values=_OF_NOTICE.get((row.vendor, row.row), row.values))


ROWS = (
    *_OF_STATUS_AND_ERROR,
    *[_in_notice(row) for row in _OF_STATUS_AND_ERROR if row.vendor != "huawei" and row.profiles != ERROR],
)

_NO_TEXT: tuple[Json, ...] = (0, 1.5, True, None, [], {}, ["text"])
_NO_INTEGER: tuple[Json, ...] = ("0", "", 0.5, True, False, None, [], {})
WRONG: dict[str, tuple[Json, ...]] = {
    "text": (*_NO_TEXT, ""),
    "text or empty": _NO_TEXT,
    "text or null": (0, 1.5, True, [], {}, ""),
    "digits": (*_NO_TEXT, "", "x", "3x", " 3", "-1", "3\n", "٣"),
    "integer": _NO_INTEGER,
    "count": (*_NO_INTEGER, -1),
    "array": ("", 0, None, {}, []),
    "moment": (
        *_NO_TEXT,
        "",
        "2024-08-27 19:02:44",
        "2024-08-27T19:02:44Z",
        "x" * 35,
        "2024-08-27T19:02:44.664312968+08:00\n",
    ),
    "anything": (),
}
"""Per type, values of another one."""

UNLISTED: dict[str, tuple[Json, ...]] = {
    "integer": tuple(range(-1, 22)),
    "text": ("waiting", "success", "succeeded", "Succeed", "failed ", "2", "01", ""),
}
"""Values that a closed list may lack."""

QINIU_HASH = "FrPNF2qz66Bt14JMdgU8Ya7axZx-"
QINIU_KEY = "v-PtT-DzpyCcqv6xNU25neTMkcc=/FjgJQXuH7OresQL4zgRqYG5bZ64x"
NOT_A_VIDEO = "execute fop cmd failed: not a valid video"
CREATED = "2024-08-27T19:02:44.664312968+08:00"


def qiniu_item(code: int, profile: str = "document") -> Json:
    """An operation of a processing job that fits its code."""
    item = {"cmd": "avthumb/mp4", "code": code, "desc": "The fop is executing now"}
    result = {"hash": QINIU_HASH, "key": QINIU_KEY}
    if not profile.endswith("live"):
        return {**item, "error": NOT_A_VIDEO if code == 3 else "", **(result if code == 0 else {"hash": "", "key": ""})}
    return {**item, **({"error": NOT_A_VIDEO} if code == 3 else {}), **(result if code == 0 else {}), "returnOld": 0}


def wangsu_item(code: int | str, profile: str = "document", **fields: Json) -> Json:
    """An operation of a file management task that fits its code; an unlisted one is shown as a success."""
    number, live = int(code), profile.endswith("live")
    failed = number in (2, 18, 19, 20)
    done = not failed and number not in (0, 1)
    none = None if live else ""
    item = {
        "cmd": "fetchURL/aHR0cDovL2V4YW1wbGUuY29tL2EubXA0/bucket/dmlkZW9z",
        "code": number if live else str(number),
        "desc": "fileOperateSucceed",
        "error": "the source answered 404" if failed else none,
        "hash": "lj6NCUmPbtqmBOlHwsLZdsbOA5aE" if done else "",
        "fsize": 6437836 if done else 0,
        "key": "a.mp4" if done else "",
        "url": "http://videos.example.com/a.mp4" if done else "",
        **({} if live else {"decompresslist": ""}),
    }
    return {**item, **fields}


def prefix_deletion(code: int, profile: str = "document", **fields: Json) -> Json:
    """A deletion by prefix: no hash, no size, and no key or URL unless an output was asked for."""
    empty = {"hash": "", "fsize": "", "key": "", "url": ""}
    return wangsu_item(code, profile, cmd="deletePrefix/bucket/dmlkZW9z/prefix/b2xkLw==", **{**empty, **fields})


def huawei_item(status: str) -> Json:
    """A URL that is preheated."""
    return {"url": "https://example.com/asset/9db42f5e/313bfd52.flv", "status": status}


def body(vendor: str, profile: str) -> Json:
    """A body that fits the contract of this vendor in this profile, of its errors, or of its notifications."""
    return _BODIES[vendor](profile.removeprefix("notice."))


def _qiniu(profile: str) -> Json:
    if profile == "error":
        return {"code": 400, "error": "invalid argument: id"}
    items = [qiniu_item(0, profile), qiniu_item(3, profile)]
    whole = {"code": 3, "desc": "The fop is failed"}
    if profile == "live":
        source = {"reqid": "SgAAAMfjSTJ0cvgW", "inputBucket": "videos", "inputKey": "a.mp4"}
        head = {"id": "z0.58632a1945a2650cfd5fc8b1", "pipeline": "0.default"}
        return {**head, **whole, **source, "items": items, "creationDate": CREATED}
    created = {"creationDate": CREATED} if profile == "sdk" else {}
    return {"id": "16864pauo1vc9nhp12", **whole, "items": items, **created}


def _huawei(profile: str) -> Json:
    if profile == "error":
        return {"error_code": "VOD.10053", "error_msg": "请求参数非法，非法字段：{xx}。"}
    return {"preheating_results": [huawei_item(status) for status in ("processing", "succeed", "failed")]}


def _wangsu(profile: str) -> Json:
    if profile == "error":
        return {"code": "404", "message": "persistentId Not Found"}
    return {
        "id": "ff80808149deceff014a7090b6700000",
        "code": 3,
        "desc": "fileOperateSucceed",
        "separate": 0 if profile == "live" else "0",
        "items": [wangsu_item(3, profile), wangsu_item(2, profile)],
    }


_BODIES = {"qiniu": _qiniu, "huawei": _huawei, "wangsu": _wangsu}
CASES = (
    *[(vendor, profile) for vendor in _BODIES for profile in (*EVERY, "error")],
    *[(vendor, profile) for vendor in ("qiniu", "wangsu") for profile in NOTICES],
)


def contract(contracts: Contracts, vendor: str, profile: str) -> Validator:
    """The contract of a case."""
    if profile == "error":
        return contracts.error(vendor)
    if profile in NOTICES:
        return contracts.notice(vendor, profile.removeprefix("notice."))
    return contracts.status(vendor, profile)
