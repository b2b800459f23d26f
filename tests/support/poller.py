"""A client of the plain app: polls one task the way its vendor's SDKs do."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask
from werkzeug.datastructures import Headers

from mock_server.engine.scenario import Profile
from mock_server.server.app import create_app
from mock_server.settings import Settings

STATUS_PATHS = {
    "qiniu": ("/status/get/prefop", "id"),
    "wangsu": ("/fmgr/status", "persistentId"),
    "huawei": ("/v1.0/0123456789abcdef0123456789abcdef/asset/preheating", "task_id"),
}


class Now:
    """The machine's clock as a test sets it, in milliseconds."""

    def __init__(self, ms: int = 1_700_000_000_000) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


class World(NamedTuple):
    """A server of its own, and the clock it lives by."""

    app: Flask
    now: Now


def new_world(profile: Profile = "sdk") -> World:
    """A fresh server with the shipped scenarios, on a clock that stands still until a test moves it."""
    now = Now()
    return World(create_app(Settings(profile=profile), real_clock=now), now)


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
        path, name = STATUS_PATHS[self.vendor]
        answer = self._client.get(f"{path}?{urlencode({name: self.id})}")
        return Polled(answer.status_code, json.loads(answer.get_data()), answer.headers)
