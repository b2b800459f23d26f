"""Wangsu `fmgr`: a request that submits operations on files.

Sources: the vendor's pages below documents.cdnetworks.com/document/16033, and the bodies that its SDKs send. The texts
of the refusals are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from mock_server.engine.submits import Values
from mock_server.http.message import Pairs, Request
from mock_server.types import Json
from mock_server.vendors.submission import (
    FLAGS,
    OPERATIONS,
    Illegal,
    Submission,
    decoded,
    first,
    fits,
    is_url,
    path_of,
    present,
)

FACTS: Mapping[str, str] = {
    "operation": "The operation that was submitted.",
    "separate": "1: each operation is notified by itself.",
}

_CODED = "url-safe base64"
FIELDS: Mapping[str, str] = {
    "fops": f"1 to {OPERATIONS.value} commands between semicolons, each of name/value pairs that the operation has",
    "notifyURL": f"{_CODED} of an absolute http or https URL",
    "force": "0 or 1",
    "separate": "0 or 1",
    "fetchURL": f"{_CODED} of an absolute http or https URL",
    "resource": f"{_CODED} of bucket:key",
    "output": f"{_CODED} of bucket:key",
    "saveas": f"{_CODED} of bucket:key",
    **dict.fromkeys(("bucket", "key", "prefix", "keyList"), f"{_CODED} of a text"),
    "keys": f"keys in {_CODED}, with | between them",
    "deadline": "it or deleteAfterDays",
    **dict.fromkeys(("deleteAfterDays", "md5", "decompression", "fetchTS", "deletets"), "a text, not in base64"),
}

KEYS: Mapping[str, str] = {
    "operation": "the operation, such as fetch",
    "bucket": "the bucket of any command",
    "key": "the key of any command; of a copy or move without one, that of its source",
    "url": "the URL of any fetch",
    "prefix": "the prefix of any command",
    "command": "any of the commands, whole as it was submitted",
    "notify": "the address to notify, decoded",
}

_MOST_FIELDS = 100
_ESCAPED = re.compile("(?:%[0-9A-Fa-f]{2})+")
"""Bytes that are percent-encoded; any other `%` stands for itself. The library's own function takes far longer."""
_PLAIN = frozenset({"md5", "decompression", "fetchTS", "deletets", "deadline", "deleteAfterDays"})
"""The parts of a command whose values are not base64."""

Parts = Mapping[str, str]
"""A command's parts by name, decoded."""


class _Broken(Exception):
    """A command does not fit; `args` is the name of the part at fault."""


def _entry(parts: Parts, name: str) -> tuple[str, str]:
    """Bucket and key of a part that holds `bucket:key`; "" and "" without it."""
    bucket, colon, key = parts.get(name, "").partition(":")
    if parts.get(name) and not (bucket and colon and key):
        raise _Broken(name)
    return bucket, key


def _url(bucket: str, key: str) -> str:
    """Where a file of a bucket can be fetched: the form of our fixtures."""
    return f"http://{quote(bucket, safe='')}.example.com/{quote(key)}" if key else ""


def _stored(parts: Parts, key: str) -> dict[str, Json]:
    """The result of a file that is put into a bucket."""
    prefix = parts.get("prefix", "").rstrip("/")
    stored = f"{prefix}/{key}" if prefix else key
    return {"key": stored, "url": _url(parts["bucket"], stored)}


def _fetched(parts: Parts) -> dict[str, Json]:
    if not is_url(parts["fetchURL"]):
        raise _Broken("fetchURL")
    name = parts.get("key") or path_of(parts["fetchURL"]).strip("/") or (urlsplit(parts["fetchURL"]).hostname or "")
    result = _stored(parts, name)
    if "decompression" in parts:
        result["decompresslist"] = f"{result['key']}.list"
    return result


def _copied(parts: Parts) -> dict[str, Json]:
    _, key = _entry(parts, "resource")
    return _stored(parts, parts.get("key") or key)


def _deleted(parts: Parts) -> dict[str, Json]:
    return {"hash": "", "fsize": 0, "key": parts["key"], "url": ""}


def _deleted_by_prefix(parts: Parts) -> dict[str, Json]:
    bucket, key = _entry(parts, "output")
    return {"hash": "", "fsize": "", "key": key, "url": _url(bucket, key)}


def _compressed(parts: Parts) -> dict[str, Json]:
    bucket, key = _entry(parts, "saveas")
    return {"key": key, "url": _url(bucket, key)}


def _retained(_: Parts) -> dict[str, Json]:
    return {"hash": "", "fsize": 0, "key": "", "url": ""}


class Operation(NamedTuple):
    """An operation: the parts of a command that it needs (of a group any one), those it may have, and its result."""

    needs: tuple[tuple[str, ...], ...]
    may: tuple[str, ...]
    result: Callable[[Parts], dict[str, Json]]

    @property
    def known(self) -> frozenset[str]:
        """Every part that a command may have."""
        return frozenset([name for group in self.needs for name in group]).union(self.may)


OPERATIONS_BY_NAME: Mapping[str, Operation] = {
    "fetch": Operation((("fetchURL",), ("bucket",)), ("key", "prefix", "md5", "decompression", "fetchTS"), _fetched),
    "copy": Operation((("resource",), ("bucket",)), ("key", "prefix"), _copied),
    "move": Operation((("resource",), ("bucket",)), ("key", "prefix"), _copied),
    "delete": Operation((("bucket",), ("key",)), (), _deleted),
    "deletePrefix": Operation((("bucket",), ("prefix",)), ("output",), _deleted_by_prefix),
    "deletem3u8": Operation((("bucket",), ("key",)), ("deletets",), _deleted),
    "compress": Operation((("bucket",), ("saveas",), ("keys", "keyList")), (), _compressed),
    "setdeadline": Operation((("bucket",), ("deadline", "deleteAfterDays")), ("prefix",), _retained),
}

_NAMES = ("key", "fetchURL", "resource", "prefix", "bucket")
"""The parts of a command in which the name of a scenario is looked for."""


def submission(operation: str, request: Request) -> Submission | Illegal:
    """What a request submits. Its body is not percent-encoded by the SDKs; a `+` in it is base64, not a blank."""
    fields = _fields(request.body.decode("utf-8", "replace"))
    commands = first(fields, "fops")
    try:
        parsed = _commands(OPERATIONS_BY_NAME[operation], commands)
    except _Broken as broken:
        return Illegal(str(broken))
    coded = first(fields, "notifyURL")
    address = decoded(coded) if coded else ""
    if address is None or (address and not is_url(address)):
        return Illegal("notifyURL")
    for flag in ("force", "separate"):
        if any(value not in FLAGS for name, value in fields if name == flag):
            return Illegal(flag)
    items = tuple([item for item, _ in parsed])
    names = tuple([name for _, parts in parsed for name in _names(parts)])
    facts = {"operation": operation, "separate": first(fields, "separate") or "0"}
    values = _values(operation, parsed, address)
    return Submission("wangsu", operation, items, facts, names, address, values)


def _fields(body: str) -> Pairs:
    pairs = [field.partition("=") for field in body.split("&", _MOST_FIELDS)[:_MOST_FIELDS]]
    return tuple([(name, _ESCAPED.sub(_unescaped, value).strip("\r\n")) for name, _, value in pairs])


def _unescaped(run: re.Match[str]) -> str:
    return bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace")


def _commands(operation: Operation, commands: str) -> list[tuple[Mapping[str, Json], Parts]]:
    """Each command as an item, with its parts. _Broken: one does not fit."""
    listed = commands.split(";", OPERATIONS.value + 1)
    if len(listed) > OPERATIONS.value:
        raise _Broken("fops")
    found: list[tuple[Mapping[str, Json], Parts]] = []
    for command in listed:
        parts = _parts(operation, command)
        found.append(({"cmd": command, **operation.result(parts)}, parts))
    return found


def _parts(operation: Operation, command: str) -> Parts:
    """The parts of a command. _Broken: one is unknown, missing, empty, given twice or not decodable."""
    if not fits(command):
        raise _Broken("fops")
    # The Python SDK sets the last part of a compression apart like this, though keys are listed so too.
    words = command.replace("|saveas/", "/saveas/").split("/")
    if len(words) % 2 or not operation.known.issuperset(words[::2]) or len(set(words[::2])) < len(words) // 2:
        raise _Broken("fops")
    parts = {}
    for name, text in zip(words[::2], words[1::2], strict=True):
        value = text if name in _PLAIN else _decoded_list(text) if name == "keys" else decoded(text)
        if not value:
            raise _Broken(name)
        parts[name] = value
    for group in operation.needs:
        if parts.keys().isdisjoint(group):
            raise _Broken(group[0])
    return parts


def _decoded_list(text: str) -> str:
    """Several keys between `|`, one a line; "" if one is empty or does not decode."""
    keys = [decoded(key) for key in text.split("|")]
    return "\n".join([key or "" for key in keys]) if all(keys) else ""


def _values(operation: str, commands: Sequence[tuple[Mapping[str, Json], Parts]], address: str) -> Values:
    listed = [parts for _, parts in commands]
    named = {
        "bucket": [parts.get("bucket", "") for parts in listed],
        "key": [parts.get("key") or _source(parts) for parts in listed],
        "url": [parts.get("fetchURL", "") for parts in listed],
        "prefix": [parts.get("prefix", "") for parts in listed],
        "command": [item["cmd"] for item, _ in commands],
    }
    return present({"operation": [operation], **named, "notify": [address]})


def _source(parts: Parts) -> str:
    """The key of the `bucket:key` that is copied or moved."""
    return parts.get("resource", "").partition(":")[2]


def _names(parts: Parts) -> list[str]:
    """The texts of a command that may name a scenario; of a `bucket:key` the key."""
    texts = {**parts, "resource": _source(parts)}
    return [texts[name] for name in _NAMES if texts.get(name)]
