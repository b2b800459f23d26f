"""One operation of a Qiniu job, as its table's rows `cmd`, `error`, `hash` and `key` say."""

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
    """The item's object. The document demands every key, so what is not there yet is `""`; `live` leaves it out.

    `source` is the hash of the file that was worked on.
    """
    _, state, reason, fields, drawn = item
    error = (reason or drawn["reason"]) if state is State.FAILED else ""
    done = state is State.SUCCEEDED
    hash_, key = _result(view, item, source) if done else ("", "")
    command = fields.get("cmd", drawn["cmd"])
    if not live:
        return {"cmd": command, "code": code, "desc": desc, "error": error, "hash": hash_, "key": key}
    body: dict[str, Json] = {"cmd": command, "code": code, "desc": desc}
    if error:
        body["error"] = error
    if done:
        body |= {"hash": hash_, "key": key}
    return {**body, "returnOld": 0}


def _result(view: View, item: ItemView, source: str) -> tuple[str, str]:
    """The result's hash and key. What nobody named has the key the vendor gives: 20 bytes in base64, and the source."""
    drawn = view.draws.digest("result", item.position)
    key = item.fields.get("key") or f"{spelled(URL_SAFE, drawn[28:55])}=/{source}"
    return item.fields.get("hash") or minted_hash(drawn), key


def minted_hash(drawn: bytes) -> str:
    """A hash in the vendor's form, from 28 bytes: `F` (one block) or `l` (several), then 27 url-safe characters."""
    return "Fl"[drawn[0] & 1] + spelled(URL_SAFE, drawn[1:28])
