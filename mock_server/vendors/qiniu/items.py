"""One operation of a Qiniu job: rows `cmd`, `error`, `hash` and `key` below `items` in the page's table."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.engine.draws import URL_SAFE, spelled
from mock_server.engine.scenario import State
from mock_server.types import Json
from mock_server.vendors.dialect import ItemView, View

_TEXT: Mapping[str, Json] = {"type": "string", "maxLength": 2048}

ITEM_FIELDS: Mapping[str, Json] = {
    "cmd": {**_TEXT, "minLength": 1, "description": "The operation command."},
    "hash": {**_TEXT, "minLength": 1, "description": "The result's hash, shown once the item succeeded."},
    "key": {**_TEXT, "minLength": 1, "description": "The result's key, shown once the item succeeded."},
}


def body_of_item(view: View, item: ItemView, code: int, desc: str, source: str, *, live: bool) -> Json:
    """The item's object. The page requires every key, so a value that is not there yet is `""`; `live` omits it.

    `source` is the hash of the job's input file.
    """
    _, state, reason, fields, sampled = item
    error = (reason or sampled["reason"]) if state is State.FAILED else ""
    done = state is State.SUCCEEDED
    hash_, key = _result(view, item, source) if done else ("", "")
    command = fields.get("cmd", sampled["cmd"])
    if not live:
        return {"cmd": command, "code": code, "desc": desc, "error": error, "hash": hash_, "key": key}
    body: dict[str, Json] = {"cmd": command, "code": code, "desc": desc}
    if error:
        body["error"] = error
    if done:
        body |= {"hash": hash_, "key": key}
    return {**body, "returnOld": 0}


def _result(view: View, item: ItemView, source: str) -> tuple[str, str]:
    """The result's hash and key. By default a key is, as in the sample, 20 bytes in base64, `/` and the source."""
    digest = view.draws.digest("result", item.position)
    key = item.fields.get("key") or f"{spelled(URL_SAFE, digest[28:55])}=/{source}"
    return item.fields.get("hash") or minted_hash(digest), key


def minted_hash(digest: bytes) -> str:
    """A hash in the vendor's form, from 28 bytes: `F` (one block) or `l` (several), then 27 url-safe characters."""
    return "Fl"[digest[0] & 1] + spelled(URL_SAFE, digest[1:28])
