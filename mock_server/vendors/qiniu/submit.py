"""Qiniu `pfop`: a request that submits operations on a file.

The fields are those of the vendor's SDKs, which are more than its manual of 2024-11-20 has. The texts of the refusals
are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    only,
    present,
)

LONGEST: Mapping[str, int] = {"bucket": 512, "key": 750}
"""Characters of the required fields."""
_SAVE = "|saveas/"

KEYS: Mapping[str, str] = {
    "bucket": "the bucket of the job's input file",
    "key": "the key of the job's input file",
    "pipeline": "the queue",
    "command": "any of the commands, whole",
    "notify": "the address to notify",
}

FIELDS: Mapping[str, str] = {
    "bucket": f"once, with 1 to {LONGEST['bucket']} characters",
    "key": f"once, with 1 to {LONGEST['key']} characters",
    "fops": f"1 to {OPERATIONS.value} commands between semicolons, none empty, and url-safe base64 of bucket:key after "
    "|saveas/; or a workflowTemplateID in their place",
    "notifyURL": "an absolute http or https URL",
    "pipeline": "one line",
    "workflowTemplateID": "one line",
    "force": "0 or 1",
    "type": "0 or 1",
}

FACTS: Mapping[str, str] = {
    "bucket": "The bucket of the job's input file.",
    "key": "The key of the job's input file.",
    "pipeline": "The queue that the job was submitted to.",
    "type": "1: the job may wait for idle machines.",
    "workflowTemplateID": "The workflow that was submitted in place of commands.",
}


def submission(request: Request) -> Submission | Illegal:
    """What a request submits. Its body is a form, whatever its Content-Type says."""
    form = request.form()
    for field, longest in LONGEST.items():
        value = only(form, field)
        if value is None or not fits(value, longest):
            return Illegal(field)
    commands, template = only(form, "fops"), first(form, "workflowTemplateID")
    if bool(commands) == bool(template):
        return Illegal("fops")
    items = _items(commands) if commands else ({},)
    if items is None:
        return Illegal("fops")
    address = first(form, "notifyURL")
    if address and not is_url(address):
        return Illegal("notifyURL")
    for field in ("pipeline", "workflowTemplateID"):
        if first(form, field) and not fits(first(form, field)):
            return Illegal(field)
    for flag in ("force", "type"):
        if any(value not in FLAGS for name, value in form if name == flag):
            return Illegal(flag)
    facts = {name: value for name in FACTS if (value := first(form, name)) and (name != "type" or value == "1")}
    return Submission("qiniu", "pfop", items, facts, _names(form), address, _values(form, items, address))


def _items(commands: str) -> tuple[Mapping[str, Json], ...] | None:
    """An item for each command, with the key of its result where the command names one. None: one does not fit."""
    listed = commands.split(";", OPERATIONS.value + 1)
    items = [_item(command) for command in listed]
    if len(listed) > OPERATIONS.value or None in items:
        return None
    return tuple([item for item in items if item is not None])


def _item(command: str) -> Mapping[str, Json] | None:
    if not fits(command):
        return None
    _, saves, entry = command.partition(_SAVE)
    if not saves:
        return {"cmd": command}
    saved = decoded(entry.partition("|")[0].partition("/")[0])
    bucket, _, key = (saved or "").partition(":")
    if not bucket:
        return None
    return {"cmd": command, "key": key} if key else {"cmd": command}


def _values(form: Pairs, items: tuple[Mapping[str, Json], ...], address: str) -> Values:
    named = {name: [first(form, name)] for name in ("bucket", "key", "pipeline")}
    return present({**named, "command": [item["cmd"] for item in items if "cmd" in item], "notify": [address]})


def _names(form: Pairs) -> tuple[str, ...]:
    names = [first(form, name) for name in ("pipeline", "workflowTemplateID", "key")]
    return tuple([name for name in names if name])
