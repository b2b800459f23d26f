"""Stage 4: how a response leaves, once it may leave: as it is, or with the fault of the connection that it carries.

A server that owns its socket calls `deliver`. One that does not (any behind WSGI) sends what `without_socket` returns.
"""

from __future__ import annotations

from collections.abc import Collection

from mock_server.faults.delivery import Line
from mock_server.faults.kinds import FAULTS
from mock_server.http.errors import OwnError
from mock_server.http.message import Response
from mock_server.http.responses import own_response

# WSGI forbids an application to send these (PEP 3333, "Other HTTP Features"); servers answer with a defect's 500.
_HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
    )
)


def deliver(line: Line, response: Response) -> None:
    """Sends the response over a connection, with its fault if it has one."""
    if response.delivery is None:
        head, body, keep = line.framed(response)
        line.write(head + body)
        line.done(keep=keep)
        return
    kind, over = response.delivery
    send = FAULTS[kind].deliver
    assert send is not None, "only faults that are deliveries stand in `Response.delivery`"
    send(line, response, over or 0)


def without_socket(response: Response, kept: Collection[str] = ()) -> Response:
    """The response where no socket is at hand; our own 501 in place of one that needs it.

    `kept`: the headers, in lower case, that the 501 takes over from the response: those that SDKs look for.
    """
    if response.delivery is not None:
        kind = response.delivery.kind
        ours = own_response(
            OwnError.DELIVERY, f'the fault "{kind}" needs the socket: serve with --server wire', fault=kind
        )
    else:
        header = next((name for name, value in response.headers if _needs_socket(name.lower(), value)), None)
        if header is None:
            return response
        ours = own_response(
            OwnError.DELIVERY, f"the header {header} needs the socket: serve with --server wire", header=header
        )
    taken_over = tuple([pair for pair in response.headers if pair[0].lower() in kept])
    return ours._replace(headers=(*ours.headers, *taken_over))


def _needs_socket(name: str, value: str) -> bool:
    return name in _HOP_BY_HOP or (name == "content-length" and not value.isdigit())
