"""The maker of responses, and those in our own voice: JSON that says it is ours, for what no vendor says."""

from __future__ import annotations

from http import HTTPStatus

from mock_server.http.errors import OwnError
from mock_server.http.json import json_bytes
from mock_server.http.message import Pairs, Response
from mock_server.types import Json

ERROR_HEADER = "X-Mock-Server-Error"
NOTE_HEADER = "X-Mock-Server"
OFF_CONTRACT_HEADER = "X-Mock-Server-Off-Contract"

BODILESS = (204, 205, 304)
"""Statuses that HTTP gives no body."""

_JSON = "application/json"


def response(status: int, body: bytes, *, type: str, headers: Pairs = ()) -> Response:
    """A response with the standard reason phrase: Content-Type, then `headers`, then Content-Length."""
    lines = (("Content-Type", type), *headers, ("Content-Length", str(len(body))))
    return Response(status, reason_of(status), lines, body)


def own_response(error: OwnError, message: str, **details: Json) -> Response:
    """An error of ours: `error` and `message` in the body, then `details`; its short name also in a header."""
    body = json_bytes({"error": error.short_name, "message": message, **details})
    return response(error.status, body, type=_JSON, headers=((ERROR_HEADER, error.short_name),))


def server_response(error: OwnError, message: str) -> Response:
    """An error that a server sends whatever the path is, in the shape of the admin API's errors."""
    return own_response(error, message, problems=[{"where": "", "what": message, "hint": ""}])


def own_json(status: int, text: bytes) -> Response:
    """A response of ours that is not an error, with this text of JSON."""
    return response(status, text, type=_JSON)


def reason_of(status: int) -> str:
    """The standard reason phrase of a status; "status code 612" for one that has none, as Go's servers write it."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status code {status}"
