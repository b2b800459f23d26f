"""Many at once on one server: tests that never meet, and clients that all want the same step."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mock_server.client import Client
from tests.support.live import LiveServer, serving

pytest_plugins = ["pytester"]

TESTS = 200
CLIENTS = 100
ROUNDS = 100
CODES = [1, 2, 3, 3]
STEPS = ["waiting", "processing", "failed"]

# Each of these is a test of somebody's; two of them meddle with their own task, and the others must not notice.
SUITE = f"""
import json, urllib.error, urllib.request, pytest

def poll(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return json.load(response)["code"]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code

@pytest.mark.parametrize("number", range({TESTS}))
def test_one_of_many(mock_server, number):
    task = mock_server.create("qiniu", "partial-failure")
    codes = {CODES}
    if number == 50:
        task.shift("10d")
    if number == 150:
        task.arm(error=599, times=1)
        codes = [599, *codes[1:]]
    assert [poll(task.url) for _ in codes] == codes
    assert [exchange.asked for exchange in task.requests()] == [1, 2, 3, 4]
    task.verify(count=4, order={STEPS})
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """The one server that all of them use."""
    with serving() as server:
        yield server


class Poller:
    """One client with a connection of its own that stays open."""

    def __init__(self, server: LiveServer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def poll(self, id: str) -> int:
        """The code that a poll shows, or the status where it shows none."""
        self._connection.request("GET", f"/status/get/prefop?id={id}")
        response = self._connection.getresponse()
        body = response.read()
        return int(json.loads(body)["code"]) if response.status == 200 else response.status

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()


def test_two_hundred_tests_in_several_processes_share_a_server_and_never_meet(
    server: LiveServer, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(SUITE)
    words = ("-p", "mock_server.pytest_plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider", "-n", "3")
    result = pytester.runpytest_subprocess(*words, "--mock-server-url", server.url)
    result.assert_outcomes(passed=TESTS)
    assert Client(server.url).tasks(id="partial-failure.test_one_of_many*") == ()


def test_two_hundred_tests_in_threads_share_a_server_and_never_meet(server: LiveServer) -> None:
    client = Client(server.url)

    def one_of_many(number: int) -> tuple[list[int], list[int | None]]:
        id = f"partial-failure.thread-{number}"
        client.create("qiniu", "partial-failure", id)
        if number == 50:
            client.shift("qiniu", id, "10d")
        if number == 150:
            client.arm(error=599, times=1, vendor="qiniu", id=id)
        with closing(Poller(server)) as poller:
            codes = [poller.poll(id) for _ in CODES]
        found = client.verify(count=4, order=STEPS, vendor="qiniu", id=id)
        return codes, [exchange.asked for exchange in found]

    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(one_of_many, range(TESTS)))
    assert [asked for _, asked in seen] == [[1, 2, 3, 4]] * TESTS
    assert seen.pop(150)[0] == [599, *CODES[1:]]
    assert [codes for codes, _ in seen] == [CODES] * (TESTS - 1)


def test_a_step_of_one_poll_is_taken_up_exactly_once_however_many_want_it(server: LiveServer) -> None:
    gate = threading.Barrier(CLIENTS)

    def rounds(_: int) -> list[int]:
        with closing(Poller(server)) as poller:
            codes = []
            for number in range(ROUNDS):
                gate.wait(60)
                codes.append(poller.poll(f"happy-path.race-{number}"))
            return codes

    with ThreadPoolExecutor(CLIENTS) as pool:
        by_client = list(pool.map(rounds, range(CLIENTS)))
    by_round = [Counter(codes) for codes in zip(*by_client, strict=True)]
    assert by_round == [Counter({1: 1, 2: 1, 0: CLIENTS - 2})] * ROUNDS
