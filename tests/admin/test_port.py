"""The admin API at a port of its own, through both servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from mock_server.assembly import assemble
from mock_server.errors import InvalidInput
from mock_server.server.servers import HttpServers, servers_of
from mock_server.settings import Settings
from tests.support.poller import STATUS_PATHS
from tests.support.raw import answers, request_bytes, send

PLAIN = Settings(port=0, admin_port=0, no_reload=True)
TARGETS = ("/__admin/health", "{}?{}=happy-path.1".format(*STATUS_PATHS["qiniu"]), "/")


def opened(settings: Settings) -> HttpServers:
    """The servers of a new server."""
    return servers_of(assemble(settings))


@pytest.fixture(params=["wire", "flask"])
def servers(request: pytest.FixtureRequest) -> Iterator[HttpServers]:
    """Two servers that serve until the test is over."""
    made = opened(replace(PLAIN, server=request.param))
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.close()
    thread.join(20)
    assert not thread.is_alive()


def statuses(url: str) -> list[int]:
    """What a port answers to the admin API's path, to a vendor's and to the first page."""
    port = urlsplit(url).port
    assert port
    return [answers(send(port, request_bytes("GET", target)))[0].status for target in TARGETS]


def test_each_port_serves_its_own_and_both_end_together(servers: HttpServers) -> None:
    assert statuses(servers.url) == [404, 200, 200]
    assert statuses(servers.admin_url) == [200, 404, 404]


def test_without_a_port_of_its_own_the_admin_api_is_beside_the_vendors() -> None:
    made = opened(replace(PLAIN, admin_port=None))
    made.close()
    made.run()
    assert made.admin is None
    assert made.admin_url == made.url


def test_an_admin_port_that_is_taken_is_told_by_its_flag(servers: HttpServers) -> None:
    taken = urlsplit(servers.url).port
    assert taken
    with pytest.raises(InvalidInput, match=f"--admin-port: {taken} is in use"):
        opened(replace(PLAIN, admin_port=taken))
