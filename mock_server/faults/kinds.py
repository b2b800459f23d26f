"""The named faults: one row each, with what it does to a response or how that is delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mock_server.http.message import Response

HANG = 30_000
DRIBBLE = 5_000
"""How long `hang` and `dribble` take, in milliseconds, unless told otherwise."""


class FaultKind(NamedTuple):
    """One named fault.

    `spoil` changes the response; without one the fault is a delivery, which only a server that owns its socket can do.
    `destroys`: the client cannot have read the body. `over` is how long it takes unless told otherwise.
    """

    about: str
    spoil: Callable[[Response], Response] | None = None
    destroys: bool = True
    over: int | None = None


_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n"
)


def _malformed(response: Response) -> Response:
    return response.with_body(response.body[: len(response.body) // 2])


def _html(response: Response) -> Response:
    gateway = response._replace(status=502, reason="Bad Gateway") if response.status == 200 else response
    return gateway.with_body(_PAGE).with_header("Content-Type", "text/html")


def _empty_body(response: Response) -> Response:
    return response.with_body(b"")


def _no_content_type(response: Response) -> Response:
    return response.with_header("Content-Type", None)


def _charset(response: Response) -> Response:
    return response.with_header("Content-Type", "application/json; charset=utf-8")


FAULTS: Mapping[str, FaultKind] = {
    "malformed": FaultKind("JSON cut in half, its length told truly", _malformed),
    "html": FaultKind("a gateway's page in place of the response, with 502 unless an error came first", _html),
    "empty_body": FaultKind("the status and not a byte of body", _empty_body),
    "no_content_type": FaultKind("no Content-Type", _no_content_type, destroys=False),
    "charset": FaultKind("Content-Type with a charset", _charset, destroys=False),
    "reset": FaultKind("the connection reset before the response"),
    "reset_mid": FaultKind("the connection reset after half of the body"),
    "empty": FaultKind("the connection closed without a byte"),
    "truncate": FaultKind("fewer bytes than Content-Length says"),
    "dribble": FaultKind("the body in small pieces, over a time", destroys=False, over=DRIBBLE),
    "hang": FaultKind("no answer at all, for a time", over=HANG),
    "garbage": FaultKind("bytes that are not HTTP"),
    "bad_length": FaultKind("a Content-Length that is not a number"),
    "bad_chunk": FaultKind("a chunked body with a broken chunk"),
}
