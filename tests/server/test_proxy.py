"""Clients that take this server for their proxy: their requests name a host, and the path decides all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mock_server.assembly import assemble
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving_parts
from tests.support.raw import answers, send

CLIENTS = {
    "qiniu": """
from qiniu import Auth, PersistentFop
print(PersistentFop(Auth("ak", "sk"), "bucket").get_status("happy-path.proxied")[0]["id"])
""",
    "wangsu": """
from wcs.commons.config import Config
from wcs.services.client import Client
config = Config()
config.access_key, config.secret_key, config.mgr_url = "ak", "sk", "mgr.wangsu.example"
print(Client(config).fmgr_status("happy-path.proxied")[1]["id"])
""",
    "urllib": """
import json
from urllib.request import urlopen
url = "http://api.qiniu.com/status/get/prefop?id=happy-path.proxied"
with urlopen(url) as response:
    print(json.load(response)["id"])
""",
}


@pytest.fixture(scope="module", params=["wire", "flask"])
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server by either way of serving."""
    with serving_parts(assemble(Settings(no_reload=True)), flask=request.param == "flask") as running:
        yield running


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_with_a_built_in_host_polls_through_http_proxy(server: LiveServer, client: str) -> None:
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in proxies}
    environ = {**kept, "HTTP_PROXY": server.url, "http_proxy": server.url}
    command = (sys.executable, "-W", "ignore", "-c", CLIENTS[client])
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "happy-path.proxied\n", ended.stderr


def test_a_tunnel_for_https_is_refused_with_what_to_do(server: LiveServer) -> None:
    host = "vod.cn-north-4.myhuaweicloud.com:443"
    (answer,) = answers(send(server.port, f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()))
    assert (answer.status, json.loads(answer.body)["error"]) == (404, "path")
    assert "mock-server intercept" in (answer.header("x-mock-server") or "")


def test_a_host_that_a_proxys_client_names_does_not_open_the_admin_api(server: LiveServer) -> None:
    lines = "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
    (answer,) = answers(send(server.port, f"GET http://x.example/__admin/tasks HTTP/1.1\r\n{lines}".encode()))
    assert (answer.status, answer.header("x-mock-server-error")) == (403, "host")
