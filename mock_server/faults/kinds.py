"""The named faults: one row each, with what it does to a reply or how that is delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mock_server.http.message import Reply

HANG = 30_000
DRIBBLE = 5_000
"""How long `hang` and `dribble` take, in milliseconds, unless told otherwise."""


class FaultKind(NamedTuple):
    """One named fault.

    `spoil` changes the reply; without one the fault is a delivery, which only a server that owns its socket can do.
    `destroys`: the client cannot have read the body. `over` is how long it takes unless told otherwise.
    """

    about: str
    spoil: Callable[[Reply], Reply] | None = None
    destroys: bool = True
    over: int | None = None


_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n"
)


def _malformed(reply: Reply) -> Reply:
    return reply.with_body(reply.body[: len(reply.body) // 2])


def _html(reply: Reply) -> Reply:
    gateway = reply._replace(status=502, reason="Bad Gateway") if reply.status == 200 else reply
    return gateway.with_body(_PAGE).with_header("Content-Type", "text/html")


def _empty_body(reply: Reply) -> Reply:
    return reply.with_body(b"")


def _no_content_type(reply: Reply) -> Reply:
    return reply.with_header("Content-Type", None)


def _charset(reply: Reply) -> Reply:
    return reply.with_header("Content-Type", "application/json; charset=utf-8")


FAULTS: Mapping[str, FaultKind] = {
    "malformed": FaultKind("JSON cut in half, its length told truly", _malformed),
    "html": FaultKind("a gateway's page in place of the reply, with 502 unless an error came first", _html),
    "empty_body": FaultKind("the status and not a byte of body", _empty_body),
    "no_content_type": FaultKind("no Content-Type", _no_content_type, destroys=False),
    "charset": FaultKind("Content-Type with a charset", _charset, destroys=False),
    "reset": FaultKind("the connection reset before the reply"),
    "reset_mid": FaultKind("the connection reset after half of the body"),
    "empty": FaultKind("the connection closed without a byte"),
    "truncate": FaultKind("fewer bytes than Content-Length says"),
    "dribble": FaultKind("the body in small pieces, over a time", destroys=False, over=DRIBBLE),
    "hang": FaultKind("no answer at all, for a time", over=HANG),
    "garbage": FaultKind("bytes that are not HTTP"),
    "bad_length": FaultKind("a Content-Length that is not a number"),
    "bad_chunk": FaultKind("a chunked body with a broken chunk"),
}
