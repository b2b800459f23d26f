"""A notification as its receiver sees it: whose it is, what it tells, and whether its signature is right. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mock_server.http.message import Request
from mock_server.vendors.credentials import Denied, Keys, unknown_key
from mock_server.vendors.dialect import Dialect


class Received(NamedTuple):
    """What a notification tells: the task's `id`, its codes in the form of a glance, and its description.

    `key` is the access key that it names, "" for none, without secrets. `denied` says why its signature is wrong; None:
    it is right.
    """

    vendor: str
    id: str
    codes: str
    desc: str
    key: str
    denied: Denied | None


def received(dialects: Iterable[Dialect], request: Request, keys: Keys, real: int) -> Received | None:
    """What a request tells as a notification of one of these vendors, at this time of the machine in milliseconds.

    None: it is no notification of theirs.
    """
    for dialect in dialects:
        document = dialect.read_notice(request)
        if document is not None:
            named = dialect.access_key(request)
            key = named if named in keys.secrets else unknown_key(keys, named)[1]
            denied = dialect.judge_notice(request, keys, real)
            desc = document.get("desc", "")
            return Received(dialect.name, str(document["id"]), dialect.glance(document), str(desc), key, denied)
    return None
