"""The table of our own errors: every one that a server sends in its own voice and no vendor would."""

from __future__ import annotations

from enum import Enum


class OwnError(Enum):
    """One error: its short name, which `X-Mock-Server-Error` and the body carry, its status, and what it means."""

    MALFORMED = "malformed", 400, "The body of a request to the admin API is not JSON."
    REQUEST = "request", 400, "The bytes on the connection are not an HTTP/1.1 or HTTP/1.0 request."
    HOST_COUNT = "host", 400, "The request has no Host header, or more than one."
    TOKEN = "token", 401, "The admin API's token is missing or wrong."
    HOST = "host", 403, "The admin API is not served under this Host, or an HTTP/1.1 request does not have exactly one."
    ORIGIN = "origin", 403, "A page of another site makes a request to the admin API."
    PATH = "path", 404, "Nothing is served at this path, or not at this port."
    NOT_FOUND = "not_found", 404, "There is no such task, scenario or fault."
    METHOD = "method", 405, "The admin API does not serve this method at this path; Allow names those it does."
    TIMEOUT = "timeout", 408, "The client takes too long to send the request."
    CONFLICT = "conflict", 409, "The request cannot be carried out in the server's present state."
    UNMET = "unmet", 409, "The requests received are not as expected."
    EVICTED = "evicted", 410, "The journal no longer holds all exchanges on which the answer depends."
    BODY = "body", 413, "The body of the request is too large."
    TYPE = "type", 415, "The body of a request to the admin API is of another media type."
    INVALID = "invalid", 422, "A request to the admin API has wrong or unknown values; `problems` names each."
    HEAD = "head", 431, "The request has too many headers, or they and the target are too large."
    INTERNAL = "internal", 500, "A defect of mock-server; the log has the details."
    CONTRACT = "contract", 500, "A scenario makes a response that breaks the contract without `off_contract: true`."
    SCENARIO = "scenario", 501, "No scenario is in force that a submit could play."
    WORKERS = (
        "workers",
        501,
        "A WSGI server runs several processes of this server, and each would keep tasks of its own.",
    )
    DELIVERY = "delivery", 501, "A fault or header needs the socket, which this server does not own."
    BUSY = "busy", 503, "Too many long lists are being made, or too many wait to move the clock; see Retry-After."
    CONNECTIONS = "connections", 503, "Too many connections are open at once."
    STORE = "store", 503, "The store cannot be reached; the request may have been carried out, or not."
    FULL = "full", 503, "There is no room for another task: `--max-tasks` are kept and none is known to have ended."

    def __init__(self, short_name: str, status: int, about: str) -> None:
        self.short_name = short_name
        self.status = status
        self.about = about
