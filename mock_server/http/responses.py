"""The responses in our own voice: JSON that says it is ours, for what no vendor says (500, 501, 503, unknown paths)."""

from __future__ import annotations

from http import HTTPStatus

from mock_server.http.json import json_bytes
from mock_server.http.message import Response
from mock_server.types import Json

ERROR_HEADER = "X-Mock-Server-Error"
NOTE_HEADER = "X-Mock-Server"
OFF_CONTRACT_HEADER = "X-Mock-Server-Off-Contract"


def own_response(status: int, error: str, message: str, **details: Json) -> Response:
    """One shape for every error of ours: `error` is its short name (also in `X-Mock-Server-Error`)."""
    body = json_bytes({"error": error, "message": message, **details})
    headers = (
        ("Content-Type", "application/json"),
        (ERROR_HEADER, error),
        ("Content-Length", str(len(body))),
    )
    return Response(status, reason_of(status), headers, body)


def server_response(status: int, error: str, message: str) -> Response:
    """An error that a server tells whatever the path is, in the shape that the admin API's errors have."""
    return own_response(status, error, message, problems=[{"where": "", "what": message, "hint": ""}])


def own_json(status: int, value: Json) -> Response:
    """A response of ours that is no error."""
    body = json_bytes(value)
    return Response(
        status, reason_of(status), (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body
    )


def reason_of(status: int) -> str:
    """The standard reason phrase of a status, or "Unknown" for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
