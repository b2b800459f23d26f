"""Clients that are not ours, and what they make of the wire server."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import aiohttp
import h11
import pytest
import requests

from tests.support.wire_kit import PATIENCE, Wire, echoing

BODY = "id=happy-path&b=c"


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with echoing() as server:
        yield server


def ran(*words: str) -> str:
    """What a program printed that ended well."""
    assert shutil.which(words[0]), f"no {words[0]} on this machine"
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
@pytest.mark.parametrize("more", [(), ("-d", BODY), ("-d", BODY, "-H", "Expect: 100-continue")])
def test_curl(wire: Wire, version: str, more: tuple[str, ...]) -> None:
    url = f"{wire.server.url}/a"
    words = ("curl", "-sS", "--noproxy", "*", version, *more, url, url, "-w", "\n")
    told = [json.loads(line) for line in ran(*words).splitlines() if line]
    assert [(one["method"], one["body"]) for one in told] == [("POST", BODY) if more else ("GET", "")] * 2


def test_curl_sends_a_body_in_chunks(wire: Wire) -> None:
    words = ("-H", "Transfer-Encoding: chunked", "-d", "x" * 5000)
    assert json.loads(ran("curl", "-sS", "--noproxy", "*", *words, f"{wire.server.url}/a"))["size"] == 5000


def test_requests_keeps_one_connection(wire: Wire) -> None:
    with requests.Session() as session:
        session.trust_env = False
        told = [session.post(f"{wire.server.url}/{k}", data={"id": "é"}).json() for k in range(5)]
        assert session.head(f"{wire.server.url}/a").status_code == 200
    assert [one["body"] for one in told] == ["id=%C3%A9"] * 5


def test_aiohttp_has_many_requests_at_once_answered(wire: Wire) -> None:
    async def ask(session: aiohttp.ClientSession, k: int) -> Any:
        async with session.get(f"{wire.server.url}/{k}", params={"ms": str(k % 7)}) as response:
            return (await response.json())["path"]

    async def all_of_them() -> list[Any]:
        async with aiohttp.ClientSession() as session:
            return await asyncio.gather(*(ask(session, k) for k in range(200)))

    assert asyncio.run(all_of_them()) == [f"/{k}" for k in range(200)]


def test_h11_finds_every_response_in_order(wire: Wire) -> None:
    """A client that holds the server to the letter of the standard."""
    paths = []
    with socket.create_connection(("127.0.0.1", wire.port), timeout=PATIENCE) as client:
        protocol = h11.Connection(h11.CLIENT)
        for k in range(5):
            given = [("Host", "x"), ("Content-Length", "2")]
            client.sendall(protocol.send(h11.Request(method="POST", target=f"/{k}", headers=given)) or b"")
            client.sendall(protocol.send(h11.Data(data=b"ab")) or b"")
            protocol.send(h11.EndOfMessage())
            paths.append(_path_of(client, protocol))
            protocol.start_next_cycle()
    assert paths == [f"/{k}" for k in range(5)]


def _path_of(client: socket.socket, protocol: h11.Connection) -> str:
    body = b""
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            protocol.receive_data(client.recv(100))
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            path: str = json.loads(body)["path"]
            return path


NODE = """
const http = require('node:http');
const agent = new http.Agent({keepAlive: true, maxSockets: 2});
const ask = (k) => new Promise((done, fail) => {
  const request = http.request(process.argv[1] + '/' + k, {agent, method: 'POST'}, (response) => {
    let body = '';
    response.on('data', (data) => { body += data; });
    response.on('end', () => done([JSON.parse(body).path, JSON.parse(body).size, response.rawHeaders[6]]));
  });
  request.on('error', fail);
  request.write('ab');
  request.end('cd');
});
Promise.all([...Array(20).keys()].map(ask)).then((all) => { console.log(JSON.stringify(all)); agent.destroy(); });
"""


def test_node_reuses_its_connections_and_sees_names_as_they_were_sent(wire: Wire) -> None:
    assert json.loads(ran("node", "-e", NODE, wire.server.url)) == [[f"/{k}", 4, "x-oDD-Case"] for k in range(20)]
