"""Attempts to deliver a notification, as entries of the journal."""

from __future__ import annotations

from typing import Any

from mock_server.api.words import Outcome
from mock_server.http.message import Response, request_of
from mock_server.journal.entry import Entry, Told

URL = "http://127.0.0.1:9/done?job=1"


def attempt(outcome: Outcome = "delivered", status: int = 200, *, number: int = 1, **more: Any) -> Entry:
    """The attempt of this number to tell how the task `made-up.1` ended; status 0 stands for no response."""
    request = request_of("POST", URL, (("Content-Type", "application/json"),), b'{"id":"made-up.1"}')
    response = Response(status, "OK" if status else "", (), b"taken" if status else b"")
    told = Told(0, None, number, "ak", outcome, more.pop("next", None), more.pop("signed", "right"))
    note = "" if status else "the connection was refused"
    made = Entry(1, 2, request, response, "fits", vendor="qiniu", id="made-up.1", scenario="made-up@1", note=note)
    return made._replace(**{"told": told, **more})
