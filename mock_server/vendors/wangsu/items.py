"""One operation of a Wangsu task: rows `cmd` to `decompresslist` of the page's table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

from mock_server.engine.scenario import FAILURES, RANK
from mock_server.types import Json
from mock_server.vendors.dialect import ItemBody, ItemView


class ItemCode(IntEnum):
    """The page's row `code` of an operation. Its list ends with "other", so any other number fits the contract too."""

    PENDING = 0
    PROCESSING = 1
    FAILED = 2
    SUCCEEDED = 3
    NOTIFYING = 4
    NOTIFY_FAILED = 5
    NOTIFIED = 6
    FAILURE_NOTIFYING = 18
    FAILURE_NOTIFY_FAILED = 19
    FAILURE_NOTIFIED = 20


# Row `desc` has no texts. That of 3 is in the notification sample; the others are ours, in its style.
ITEM_TEXTS: Mapping[ItemCode, str] = {
    ItemCode.PENDING: "fileOperatePending",
    ItemCode.PROCESSING: "fileOperateProcessing",
    ItemCode.FAILED: "fileOperateFailed",
    ItemCode.SUCCEEDED: "fileOperateSucceed",
    ItemCode.NOTIFYING: "fileOperateNotifying",
    ItemCode.NOTIFY_FAILED: "fileOperateNotifyFailed",
    ItemCode.NOTIFIED: "fileOperateNotifySucceed",
    ItemCode.FAILURE_NOTIFYING: "fileOperateFailedNotifying",
    ItemCode.FAILURE_NOTIFY_FAILED: "fileOperateFailedNotifyFailed",
    ItemCode.FAILURE_NOTIFIED: "fileOperateFailedNotifySucceed",
}

_TEXT: Mapping[str, Json] = {"type": "string", "maxLength": 2048}
_ESCAPED: Mapping[str, Json] = {"type": "string", "maxLength": 8192}
"""A URL of a key of that length, each byte of which may be percent-encoded."""

ITEM_FIELDS: Mapping[str, Json] = {
    "cmd": {
        **_TEXT,
        "minLength": 1,
        "description": "The operation command; deletePrefix…, or a prefix without a source or key, deletes by prefix.",
    },
    "hash": {**_TEXT, "description": "The result's hash, shown once the item succeeded."},
    "fsize": {
        "type": ["integer", "string"],
        "minimum": 0,
        "maxLength": 0,
        "description": 'The result\'s size in bytes, or "" where there is no file.',
    },
    "key": {**_TEXT, "description": "The result's key; of a deletion by prefix, its output."},
    "url": {**_ESCAPED, "description": "Where the result, or the output of a deletion by prefix, can be fetched."},
    "decompresslist": {**_TEXT, "description": "The list file that a decompression made."},
}

_NAMED = "deletePrefix"
_PREFIX = re.compile(r"(^|/)prefix/")
_OTHERS = re.compile(r"(^|/)(fetchURL|resource|key|deadline|deleteAfterDays)/")
_RETENTION = re.compile(r"(^|/)(deadline|deleteAfterDays)/")
_RESULT = ("hash", "fsize", "key", "url")


def deletes_by_prefix(command: str) -> bool:
    """Whether a command deletes by prefix: it has the operation's name, or it is as submitted, which has no name."""
    if command.startswith(_NAMED):
        return True
    return _PREFIX.search(command) is not None and _OTHERS.search(command) is None


def body_of_item(item: ItemView, code: ItemCode, *, live: bool) -> ItemBody:
    """The operation's object. The scenario's own fields win over sampled ones, and results show once it succeeded."""
    command = item.fields.get("cmd", item.sampled["cmd"])
    by_prefix = deletes_by_prefix(command)
    failed = item.state in FAILURES
    done = RANK[item.state] >= 2 and not failed
    # A change of how long files are kept has no result.
    stored = done and _RETENTION.search(command) is None
    error = (item.reason or item.sampled["reason"]) if failed else ""
    body: dict[str, Json] = {
        "cmd": command,
        "code": code.value if live else str(code.value),
        "desc": ITEM_TEXTS[code],
        "error": (error or None) if live else error,
        **_result(item, by_prefix=by_prefix, done=stored),
    }
    if not live:
        body["decompresslist"] = item.fields.get("decompresslist", "") if done else ""
    return ItemBody(body, ("hash",) if stored and not by_prefix and "hash" not in item.fields else ())


def _result(item: ItemView, *, by_prefix: bool, done: bool) -> dict[str, Json]:
    """`hash`, `fsize`, `key` and `url`: empty until the item succeeded; by prefix, as the notes in their rows say."""
    nothing: dict[str, Json] = {"hash": "", "fsize": "" if by_prefix else 0, "key": "", "url": ""}
    if not done:
        return nothing
    sampled = {} if by_prefix else {field: item.sampled[field] for field in _RESULT[1:]}
    return {**nothing, **sampled, **{field: item.fields[field] for field in _RESULT if field in item.fields}}
