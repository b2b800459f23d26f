"""The named faults: each one function and one row of the table, which is all that a new fault needs.

A fault either changes the response, so that any server can send it, or it is a delivery of its own, which only a server
that owns its socket can make; any other answers 501 instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from mock_server.faults.delivery import Deliver, Line
from mock_server.http.message import Response
from mock_server.http.responses import BODILESS, reason_of

HANG = 30_000
DRIBBLE = 5_000
"""How long `hang` and `dribble` take by default, in milliseconds."""


class FaultKind(NamedTuple):
    """One named fault: what it does, in a few words, and one of `apply` and `deliver`.

    `apply` makes the faulty response; `deliver` sends the right one wrongly. `destroys`: the client cannot read the
    body. `over` is how many milliseconds it takes by default. `sends`: how much of the body reaches the client.
    """

    about: str
    apply: Callable[[Response], Response] | None = None
    deliver: Deliver | None = None
    destroys: bool = True
    over: int | None = None
    sends: Literal["all", "half", "none"] = "all"


# Faults of the response.

_PAGE = "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1>\r\n</body>\r\n</html>\r\n"


def _malformed(response: Response) -> Response:
    return response.with_body(response.body[: len(response.body) // 2])


def _html(response: Response) -> Response:
    """A page that no vendor made, so it has none of the vendor's headers."""
    status, reason = (502, "Bad Gateway") if response.status == 200 else (response.status, response.reason)
    page = _page(status, reason)
    headers = (("Content-Type", "text/html"), ("Content-Length", str(len(page))))
    return response._replace(status=status, reason=reason, headers=headers, body=page)


def _page(status: int, reason: str) -> bytes:
    """A gateway's page, which shows its status. Reason phrases are those of our tables, and need no escaping."""
    return _PAGE.format(title=f"{status} {reason}").encode()


def _empty_body(response: Response) -> Response:
    return response.with_body(b"")


def _no_content_type(response: Response) -> Response:
    return response.with_header("Content-Type", None)


def _charset(response: Response) -> Response:
    return response.with_header("Content-Type", "application/json; charset=utf-8")


# What a fault may also say by itself.

FOUND = 302
"""The status of a redirect that names none."""
OFF_LENGTH = "bad_length"
"""The delivery of a response whose Content-Length is off."""


def with_status(response: Response, status: int) -> Response:
    """The response with another status, which a gateway's page shows, and without its body if the status has none."""
    is_page = response.body == _page(response.status, response.reason)
    response = response._replace(status=status, reason=reason_of(status))
    if status in BODILESS:
        return response.with_body(b"")
    return response.with_body(_page(status, response.reason)) if is_page else response


def redirected(response: Response, status: int, location: str) -> Response:
    """A response that leads elsewhere."""
    return with_status(response, status).with_body(b"").with_header("Location", location)


# Faults of the connection.

_GARBAGE = b"\x00\x01\xfe\xff these bytes are not HTTP \x80\x81\r\n\r\n"
_PIECES = 20
_READ = 50
"""Milliseconds that a client has to read what was sent, before a reset makes its system discard it."""


def _half(line: Line, response: Response) -> bytes:
    """The head, which promises the whole body, and the first half of it."""
    head, body, _keep = line.framed(response)
    return head + body[: len(body) // 2]


def _reset(line: Line, _: Response, __: int) -> None:
    line.reset()


def _reset_mid(line: Line, response: Response, _: int) -> None:
    line.write(_half(line, response))
    line.after(_READ, line.reset)


def _empty(line: Line, _: Response, __: int) -> None:
    line.end()


def _truncate(line: Line, response: Response, _: int) -> None:
    line.write(_half(line, response))
    line.end()


def _dribble(line: Line, response: Response, over: int) -> None:
    head, body, keep = line.framed(response)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    line.write(head)

    def next_piece() -> None:
        if not pieces:
            line.done(keep=keep)
            return
        line.write(pieces.pop(0))
        line.after(pause if pieces else 0, next_piece)

    pause = over / max(1, len(pieces))
    line.after(pause, next_piece)


def _hang(line: Line, _: Response, over: int) -> None:
    line.hang(over)


def _garbage(line: Line, _: Response, __: int) -> None:
    line.write(_GARBAGE)
    line.end()


def _bad_length(line: Line, response: Response, _: int) -> None:
    if response.header("Content-Length") in (None, str(len(response.body))):
        response = response.with_header("Content-Length", "a few")
    head, body, _keep = line.framed(response, keep=False)
    line.write(head + body)
    line.end()


def _close(line: Line, response: Response, _: int) -> None:
    head, body, _keep = line.framed(response, keep=False)
    line.write(head + body)
    line.end()


def _stale(line: Line, response: Response, _: int) -> None:
    head, body, _keep = line.framed(response)
    line.write(head + body)
    line.end()


def _bad_chunk(line: Line, response: Response, _: int) -> None:
    chunked = response.with_header("Content-Length", None).with_header("Transfer-Encoding", "chunked")
    head, body, _keep = line.framed(chunked, keep=False)
    first = body[: len(body) // 2]
    line.write(head + b"%x\r\n%s\r\nnot a size\r\n%s" % (len(first), first, body[len(first) :]))
    line.end()


FAULTS: Mapping[str, FaultKind] = {
    "malformed": FaultKind("JSON cut in half, with the Content-Length of that half", apply=_malformed),
    "html": FaultKind("a gateway's page without the vendor's headers, with 502 in place of 200", apply=_html),
    "empty_body": FaultKind("the status and headers, without a body", apply=_empty_body),
    "no_content_type": FaultKind("no Content-Type", apply=_no_content_type, destroys=False),
    "charset": FaultKind("Content-Type with a charset", apply=_charset, destroys=False),
    "reset": FaultKind("the connection reset before the response", deliver=_reset, sends="none"),
    "reset_mid": FaultKind("the connection reset after half of the body", deliver=_reset_mid, sends="half"),
    "empty": FaultKind("the connection closed without a byte", deliver=_empty, sends="none"),
    "truncate": FaultKind("fewer bytes than Content-Length says", deliver=_truncate, sends="half"),
    "dribble": FaultKind("the body in small pieces, over a time", deliver=_dribble, destroys=False, over=DRIBBLE),
    "hang": FaultKind("no answer at all, for a time", deliver=_hang, over=HANG, sends="none"),
    "garbage": FaultKind("bytes that are not HTTP", deliver=_garbage, sends="none"),
    "bad_length": FaultKind("a Content-Length that is not a number, or with `length` a wrong one", deliver=_bad_length),
    "bad_chunk": FaultKind("a chunked body with a broken chunk", deliver=_bad_chunk, sends="half"),
    "close": FaultKind("the connection closed after the response, as it says", deliver=_close, destroys=False),
    "stale": FaultKind("the connection closed after the response without saying so", deliver=_stale, destroys=False),
}
