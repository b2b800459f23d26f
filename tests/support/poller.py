"""A client of the plain app: polls one task the way its vendor's SDKs do."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.datastructures import Headers

from tests.support.harness import STATUS_PATHS, Now, target_of

__all__ = ["STATUS_PATHS", "Now", "Polled", "Poller"]


class Polled(NamedTuple):
    """One answer, its body read as JSON."""

    status: int
    body: Any
    headers: Headers


class Poller:
    """Polls one task of one vendor, by default `<scenario>.t`."""

    def __init__(self, vendor: str, scenario: str, *, app: Flask, id: str | None = None) -> None:
        self.vendor = vendor
        self.id = id or f"{scenario}.t"
        self._client = app.test_client()

    def poll(self) -> Polled:
        """One status request."""
        answer = self._client.get(target_of(self.vendor, self.id))
        return Polled(answer.status_code, json.loads(answer.get_data()), answer.headers)
