"""The admin API of a server in this process, as a client or a foreign page uses it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Flask

from mock_server.assembly import Server
from mock_server.control.bundle import export
from mock_server.server.app import app_of
from tests.support.harness import Now, started
from tests.support.poller import Polled, Poller

HERE = "localhost"
JSON_TYPE = {"Content-Type": "application/json"}


class Said(NamedTuple):
    """A response; its body is parsed where it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each problem: its place, and its text with its hint."""
        return [(each["where"], f"{each['what']} {each['hint']}".strip()) for each in self.body["problems"]]


class AdminWorld(NamedTuple):
    """One server and its clock."""

    app: Flask
    server: Server
    now: Now

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Said:
        """One request below `/__admin`. A body other than bytes goes as JSON; `_` in a header stands for `-`."""
        given = {"Host": HERE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            given = JSON_TYPE | given
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(method, f"/__admin{path}", data, given)

    def send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Said:
        """Any request, with these headers alone."""
        answer = self.app.test_client(use_cookies=False).open(target, method=method, data=body, headers=dict(headers))
        text = answer.get_data()
        is_json = (answer.content_type or "").startswith("application/json") and text
        return Said(answer.status_code, json.loads(text) if is_json else text, dict(answer.headers))

    def poll(self, id: str, vendor: str = "qiniu") -> Polled:
        """One status request."""
        return Poller(vendor, "", app=self.app, id=id).poll()

    def dump(self) -> Any:
        """All that the server holds."""
        return export(self.server), dict(self.server.catalogue.uploads)


def as_new(world: AdminWorld) -> AdminWorld:
    """The same server after a reset, which takes less time than a new one."""
    world.now.ms = Now().ms
    assert world.ask("POST", "/reset", {}).status == 200
    return world


def admin_world(**settings: Any) -> AdminWorld:
    """A fresh server with the shipped scenarios, on a clock that stands still until a test moves it."""
    now = Now()
    server = started(now, **settings)
    return AdminWorld(app_of(server), server, now)
