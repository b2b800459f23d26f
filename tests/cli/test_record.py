"""`mock-server record`: what it asks of a service, what a client of `--listen` gets, and the file it writes."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from mock_server.cli.record import report
from mock_server.cli.upstream import RESPONSE, NoUpstream, Upstream
from mock_server.control.recording.prove import Unlike
from mock_server.control.recording.seen import BODY, Seen
from mock_server.control.recording.write import Written
from mock_server.errors import InvalidInput
from mock_server.settings import Settings
from tests.cli.test_serve import PATIENCE, environment, run, running
from tests.support.harness import target_of
from tests.support.live import LiveServer, serving
from tests.support.receivers import Line, Received, Temper, receiving, says


@pytest.fixture(scope="module")
def service() -> Iterator[LiveServer]:
    """A service whose tasks go on quickly."""
    with serving(Settings(speed=50.0, seed=7)) as live:
        yield live


def test_a_service_is_polled_until_the_work_ends_and_the_file_plays_the_same(
    service: LiveServer, tmp_path: Path
) -> None:
    file = tmp_path / "seen.yaml"
    words = ("--vendor", "qiniu", "--upstream", service.url, "--id", "slow.1", "--every", "50ms")
    done = run(
        "record",
        *words,
        "-o",
        file,
        "--header",
        "X-Mine: yes",
        HTTP_PROXY="http://127.0.0.1:1",
        http_proxy="http://127.0.0.1:1",
    )
    assert done.returncode == 0, done.stderr
    assert "the work ended: succeeded" in done.stdout
    assert done.stdout.endswith("played at the same moments, a client sees the same\n")
    checked = run("check", file)
    assert checked.returncode == 0, checked.stderr
    asked = service.requests("slow.1")
    assert all(entry.request.header("X-Mine") == "yes" for entry in asked)
    last = json.loads(asked[-1].response.body)
    shown = run("play", file, "--id", "slow.1", "--full", "--polls", "100", "--every", "50ms")
    (body,) = [json.loads(line) for line in shown.stdout.splitlines() if line.startswith('{"id"')][-1:]
    assert body == last


def test_the_scenario_goes_to_standard_output_and_only_it(service: LiveServer) -> None:
    words = ("--vendor", "huawei", "--upstream", service.url, "--id", "nobody.1", "--every", "10ms", "--for", "20ms")
    done = run("record", *words)
    assert done.returncode == 0
    assert done.stdout.startswith('about: "What huawei answered to ')
    assert "  - {error: unknown}\n" in done.stdout


class Standing(NamedTuple):
    """A recorder between a client and a service."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def standing(upstream: str, vendor: str, id: str, *words: str) -> Iterator[Standing]:
    """A recorder on a free port, killed if the block leaves it running."""
    words = ("--listen", "0", "--vendor", vendor, "--upstream", upstream, "--id", id, *words)
    with running("record", *words) as process:
        assert process.stderr
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        yield Standing(process, found[0])


def test_between_a_client_and_a_service_it_passes_everything_on(service: LiveServer) -> None:
    with standing(service.url, "wangsu", "happy-path.between") as between:
        target = target_of("wangsu", "happy-path.between")
        other = requests.get(f"{between.url}{target_of('wangsu', 'instant.1')}", timeout=PATIENCE)
        assert other.json()["id"] == "instant.1"
        head = requests.head(f"{between.url}{target}", timeout=PATIENCE)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["Content-Length"]) > 0
        codes: list[int] = []
        headers = {"Authorization": "made-up-ak:made-up-signature"}
        while not codes or codes[-1] != 3:
            codes.append(requests.get(f"{between.url}{target}", headers=headers, timeout=PATIENCE).json()["code"])
        text, told = between.process.communicate(timeout=PATIENCE)
    assert between.process.returncode == 0, told
    assert f"recorded {len(codes)} polls" in told
    assert "made-up" not in text + told
    sent = service.requests("happy-path.between")[-1].request
    assert sent.header("Authorization") == "made-up-ak:made-up-signature"
    assert sent.header("Host") == service.host


def test_a_response_that_is_cut_is_cut_for_the_client_too() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + b"x" * 40
    with receiving(says(half)) as service, standing(service.url(""), "qiniu", "z0.x", "--for", "1h") as between:
        with pytest.raises(requests.RequestException):
            requests.get(f"{between.url}{target_of('qiniu', 'z0.x')}", timeout=PATIENCE)
        between.process.terminate()
        text, told = between.process.communicate(timeout=PATIENCE)
    assert between.process.returncode == 0, told
    assert "  - {when: {polls: [1]}, fault: truncate}\n" in text


def test_a_client_gets_a_502_when_the_service_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with standing(f"http://127.0.0.1:{port}", "qiniu", "z0.x") as between:
        got = requests.get(f"{between.url}{target_of('qiniu', 'z0.x')}", timeout=PATIENCE)
        between.process.terminate()
        text, told = between.process.communicate(timeout=PATIENCE)
    assert got.status_code == 502
    assert "cannot be asked" in got.text
    assert "# Not told: how poll 1 failed: no connection.\n" in text
    assert "poll 1: the response: seen no connection, played 200" in told
    assert between.process.returncode == 1


def test_nothing_recorded_is_an_error() -> None:
    with receiving() as service, standing(service.url(""), "qiniu", "z0.x") as between:
        between.process.terminate()
        text, told = between.process.communicate(timeout=PATIENCE)
    assert (between.process.returncode, text) == (2, "")
    assert told == "nothing was recorded: no poll of z0.x came\n"


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    with receiving() as elsewhere:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url('/a?token=abc')}\r\nContent-Length: 0\r\n\r\n"
        with receiving(says(moved.encode())) as service:
            words = ("--vendor", "qiniu", "--upstream", service.url(""), "--id", "z0.x", "--every", "1ms")
            done = run("record", *words, "--for", "2ms")
        assert elsewhere.connections == 0
    assert done.returncode == 0, done.stderr
    assert f'redirect: "{elsewhere.url("/a?token=removed")}", status: 302' in done.stdout
    assert "# Removed: query parameter token.\n" in done.stdout


def test_the_service_is_all_that_it_looks_up_and_connects_to(service: LiveServer) -> None:
    """As Python itself tells of each look-up and connection, with proxies in the environment."""
    hook = (
        "import sys\n"
        "def told(event, words):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        print('asked', words[1] if event == 'socket.connect' else words[:2], file=sys.stderr)\n"
        "sys.addaudithook(told)\n"
        "from mock_server.cli import main\n"
        "main()"
    )
    words = ("--vendor", "qiniu", "--upstream", service.url, "--id", "redirect-to-login.only", "--every", "10ms")
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")
    done = subprocess.run(
        (sys.executable, "-c", hook, "record", *words, "--for", "30ms"),
        env=environment(proxies),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    asked = {line for line in done.stderr.splitlines() if line.startswith("asked")}
    assert done.returncode == 0, done.stderr
    assert asked
    assert asked <= {f"asked ('127.0.0.1', {service.port})"}


# -- one request


def asked(temper: Temper, seconds: float = PATIENCE) -> Seen:
    """What is recorded of one request to a service that answers so."""
    with receiving(temper) as service:
        return Upstream(service.url(""), time=seconds).ask("GET", "/x", ()).seen


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "failure", "off"),
    [
        (b"", "empty", 0),
        (b"\x00\x01 this is not HTTP\r\n\r\n", "garbage", 0),
        (HEAD + b"Content-Length: 9\r\n\r\n{}", "bad_length", 7),
        (HEAD + b'Content-Length: 9\r\n\r\n{"a"', "truncate", 0),
        (HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n{}", "bad_length", 0),
        (HEAD + b"Content-Length: a few\r\n\r\n{}", "bad_length", 0),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nnot a size\r\n", "bad_chunk", 0),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "", 0),
        (HEAD + b"\r\n{}", "", 0),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "", 0),
    ],
)
def test_how_a_response_failed_is_told_by_what_came(data: bytes, failure: str, off: int) -> None:
    seen = asked(says(data))
    assert (seen.failure, seen.off) == (failure, off)


def test_a_reset_is_told_from_one_within_the_body() -> None:
    def at_once(line: Line, _: Received) -> None:
        line.reset()

    assert asked(at_once).failure == "reset"


@pytest.mark.parametrize("data", [b"", HEAD + b"Content-Length: 9\r\n\r\n{"])
def test_a_response_that_does_not_come_in_time_hangs(data: bytes) -> None:
    def waits(line: Line, _: Received) -> None:
        line.send(data)
        line.closing.wait(PATIENCE)

    assert RESPONSE.value == 60
    assert asked(waits, 0.05).failure == "hang"


def test_a_response_that_comes_byte_by_byte_hangs_once_its_time_is_up() -> None:
    def drips(line: Line, _: Received) -> None:
        line.send(HEAD + b"X: ")
        line.drip(b"y")

    assert asked(drips, 0.2).failure == "hang"


def test_a_body_that_is_too_large_is_not_kept() -> None:
    seen = asked(says(HEAD + b"\r\n" + b"x" * (BODY + 1)))
    assert (seen.body, seen.lost) == (b"", "it has more than 1048576 bytes")
    assert len(asked(says(HEAD + b"\r\n" + b"x" * BODY)).body) == BODY


def test_a_service_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoUpstream, match=rf"http://127\.0\.0\.1:{port}: cannot be asked: .*refused"):
        Upstream(f"http://127.0.0.1:{port}").ask("GET", "/", ())


@pytest.mark.parametrize("url", ["http://u:p@host", "http://host/?a=b", "http://host/#a", "ftp://host", "host"])
def test_only_a_plain_address_is_an_upstream(url: str) -> None:
    with pytest.raises(InvalidInput):
        Upstream(url)


# -- mistakes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--vendor", "qinu"), "--vendor: no vendor 'qinu' (did you mean \"qiniu\"?)"),
        (("--id", ""), "--id: expected 1 to 512 printable characters"),
        (("--every", "5"), "'5' will not do: expected a length of time"),
        (("--for", "1h", "--until-end"), "--for and --until-end do not go together"),
        (("--listen", "here"), "'here' is no port, nor HOST:PORT"),
        (("--listen", "9"), "--listen: it is the address of --upstream (name another port)"),
        (("--header", "X"), "expected NAME: VALUE in printable ASCII"),
        (("-o", "/nowhere/a.yaml"), "-o: '/nowhere/a.yaml' will not do"),
        (("-o", "A b.yaml"), '"A b" is no name for a scenario'),
        (("--id", "x y"), 'expected an id, or a prefix with one final *, found "x y"'),
        (("--ca", "/nowhere"), "'/nowhere' will not do"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(words: tuple[str, ...], said: str) -> None:
    usual = ("--vendor", "qiniu", "--upstream", "http://127.0.0.1:9", "--id", "z0.x")
    done = run("record", *usual, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_report_says_where_a_client_sees_something_else() -> None:
    polls = [Seen(0), Seen(1_500)]
    unlike = tuple(Unlike(1 + k % 2, "the status", "200", "500") for k in range(25))
    lines = report(polls, Written("", ("this",), unlike), "the work ended: failed")
    assert lines[:4] == [
        "recorded 2 polls over 1.5s: the work ended: failed",
        "not known: this",
        "played at the same moments, a client sees something else at 2 polls:",
        "  poll 1: the status: seen 200, played 500",
    ]
    assert lines[-1] == "  and 5 more"
