"""One operation of a Qiniu job: rows `cmd`, `error`, `hash` and `key` below `items` in the page's table."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.engine.draws import URL_SAFE, Draws, spelled
from mock_server.engine.scenario import State
from mock_server.types import Json
from mock_server.vendors.dialect import ItemBody, ItemView, Words

_TEXT: Mapping[str, Json] = {"type": "string", "maxLength": 2048}

ITEM_FIELDS: Mapping[str, Json] = {
    "cmd": {**_TEXT, "minLength": 1, "description": "The operation command."},
    "hash": {**_TEXT, "minLength": 1, "description": "The result's hash, shown once the item succeeded."},
    "key": {**_TEXT, "minLength": 1, "description": "The result's key, shown once the item succeeded."},
}


def body_of_item(item: ItemView, code: int, desc: str, *, live: bool) -> ItemBody:
    """The item's object. The page requires every key, so a value that is not there yet is `""`; `live` omits it."""
    state, reason, fields, sampled = item
    error = (reason or sampled["reason"]) if state is State.FAILED else ""
    done = state is State.SUCCEEDED
    result = {name: (fields.get(name) or "") if done else "" for name in ("hash", "key")}
    minted = tuple(name for name, value in result.items() if done and not value)
    command = fields.get("cmd", sampled["cmd"])
    body: dict[str, Json] = {"cmd": command, "code": code, "desc": desc}
    if not live:
        return ItemBody({**body, "error": error, **result}, minted)
    if error:
        body["error"] = error
    if done:
        body |= result
    return ItemBody({**body, "returnOld": 0}, minted)


def minted_result(draws: Draws, position: int, source: str) -> Words:
    """The hash and the key of an item's result, those of each item and task their own.

    A key is, as in the sample, 20 bytes in base64, `/` and the hash of the job's input file (`source`).
    """
    digest = draws.digest("result", position)
    text = spelled(URL_SAFE, digest)
    return {"hash": "Fl"[digest[0] & 1] + text[1:28], "key": f"{text[28:55]}=/{source}"}


def minted_hash(digest: bytes) -> str:
    """A hash in the vendor's form, from 28 bytes: `F` (one block) or `l` (several), then 27 url-safe characters."""
    return "Fl"[digest[0] & 1] + spelled(URL_SAFE, digest[1:28])
