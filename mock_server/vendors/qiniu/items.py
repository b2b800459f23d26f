"""One operation of a Qiniu job, as its table's rows `cmd`, `error`, `hash` and `key` say."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.draw import URL_SAFE, Draws
from mock_server.engine.scenario import Json, State
from mock_server.vendors.dialect import ItemView, View, drawn_item

_TEXT: Mapping[str, Json] = {"type": "string", "maxLength": 2048}

ITEM_FIELDS: Mapping[str, Json] = {
    "cmd": {**_TEXT, "minLength": 1, "description": "The operation command."},
    "hash": {**_TEXT, "minLength": 1, "description": "The result's hash, shown once the item succeeded."},
    "key": {**_TEXT, "minLength": 1, "description": "The result's key, shown once the item succeeded."},
}


def body_of_item(view: View, item: ItemView, code: int, desc: str, *, live: bool) -> Json:
    """The item's object. The document demands every key, so what is not there yet is `""`; `live` leaves it out."""
    drawn = drawn_item(view, item)
    body: dict[str, Json] = {"cmd": item.fields.get("cmd", drawn["cmd"]), "code": code, "desc": desc}
    error = (item.reason or drawn["reason"]) if item.state is State.FAILED else ""
    done = item.state is State.SUCCEEDED
    hash_ = item.fields.get("hash") or minted_hash(view.draws, "hash", item.position) if done else ""
    key = item.fields.get("key") or minted_key(view.draws, item.position) if done else ""
    if not live:
        return {**body, "error": error, "hash": hash_, "key": key}
    if error:
        body["error"] = error
    if done:
        body |= {"hash": hash_, "key": key}
    return {**body, "returnOld": 0}


def minted_hash(draws: Draws, *what: str | int) -> str:
    """A hash in the vendor's form: `F` (one block) or `l` (several), then 27 url-safe characters."""
    return draws.choice("Fl", *what, "form") + draws.text(URL_SAFE, 27, *what)


def minted_key(draws: Draws, index: int) -> str:
    """The key the vendor gives a result nobody named: 20 bytes in base64, a slash, and the source's hash."""
    return f"{draws.text(URL_SAFE, 27, 'key', index)}=/{minted_hash(draws, 'source')}"
