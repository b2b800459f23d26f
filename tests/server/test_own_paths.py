"""Our own paths beside the vendors', over either server."""

from __future__ import annotations

import pytest

from mock_server.settings import Settings
from tests.support.live import serving, serving_parts
from tests.support.raw import answers, request_bytes, send


@pytest.mark.parametrize("flask", [False, True], ids=["wire", "flask"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_icon_that_browsers_ask_for_is_in_no_journal(flask: bool, method: str) -> None:
    with serving(Settings(no_reload=True)) as wire, serving_parts(wire.parts, flask=flask) as live:
        raw = send(live.port, request_bytes(method, "/favicon.ico"))
        (answer,) = answers(raw)
        assert (answer.status, answer.body) == (204, b"")
        assert live.parts.store.counters().exchanges == 0
        assert live.parts.emulator.stats.counts().exchanges == {}


def test_the_icon_is_there_for_browsers_alone() -> None:
    with serving(Settings(no_reload=True)) as live:
        (answer,) = answers(send(live.port, request_bytes("POST", "/favicon.ico")))
        assert answer.status == 404
        assert live.parts.store.counters().exchanges == 1
