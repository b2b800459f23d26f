"""`mock-server receive` as a process: what it prints of what it gets, and what it answers."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests

from mock_server.cli.receive import ANSWERS, BODY, Planned, Receiver, lines
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.http.message import Request, request_of
from mock_server.vendors.credentials import Keys
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.notices import Notice, Post, signer_of, target_and_host
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.received import Received
from mock_server.vendors.wangsu.status import Wangsu
from tests.cli.test_serve import PATIENCE, run, running
from tests.support import notices
from tests.support.emulators import renderer, shipped

PAIRS = ("ak:sk", "made-up-ak:made-up-secret-key")
KEYS = Keys({"ak": b"sk", "made-up-ak": b"made-up-secret-key", "unknown": b"made-up-unknown-secret"})


class Receiving(NamedTuple):
    """A receiver's process, and where it listens."""

    process: subprocess.Popen[str]
    greeting: str

    @property
    def url(self) -> str:
        """Where it says it listens."""
        found = re.search(r"http://\S+", self.greeting)
        assert found
        return found[0]

    def lines(self, count: int) -> list[str]:
        """What it prints next."""
        assert self.process.stdout
        return [self.process.stdout.readline().rstrip("\n") for _ in range(count)]

    def ended(self) -> tuple[int, str, str]:
        """The exit code after a signal, and what it printed that was not read."""
        self.process.send_signal(signal.SIGTERM)
        rest, log = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, rest, log


@contextmanager
def receiving(*words: str, **environ: str) -> Iterator[Receiving]:
    """A receiver on a free port, killed if the block leaves it running."""
    with running("receive", "--port", "0", *words, **environ) as process:
        assert process.stdout
        yield Receiving(process, process.stdout.readline().rstrip("\n"))


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiving]:
    """One that knows two keys."""
    with receiving(*[word for pair in PAIRS for word in ("--access-key", pair)]) as process:
        yield process


def posted(dialect: Dialect, url: str, key: str = "ak", secret: bytes = b"", scenario: str = "happy-path") -> Post:
    """A notification of the last step of a scenario, signed by a key, or with another secret."""
    of = shipped(scenario)
    body = renderer().notice(sample(of, dialect.name, len(of.steps) - 1)).body
    keys = Keys({key: secret}) if secret else KEYS
    return dialect.post(Notice(url, body, Draws(0, scenario)), signer_of(keys, key))


def send(post: Post) -> requests.Response:
    return requests.post(post.url, data=post.body, headers=dict(post.headers), timeout=PATIENCE)


@pytest.mark.parametrize("key", ["ak", "made-up-ak"])
@pytest.mark.parametrize("dialect", [Qiniu(), Qiniu(callback="qbox"), Wangsu(), Wangsu(profile="live")], ids=repr)
def test_a_right_signature_is_right(receiver: Receiving, dialect: Dialect, key: str) -> None:
    response = send(posted(dialect, f"{receiver.url}/done?job=7&x=%20", key, scenario="partial-failure"))
    assert (response.status_code, response.text) == (200, "200 OK\n")
    told, said = receiver.lines(2)
    assert re.match(rf"\d+  {dialect.name}  partial-failure  3 \[.*\]  \S.*  POST", told)
    assert told.endswith("  POST /done?job=7&x=%20")
    assert said == f"   signature right, by {key}; answered 200"


@pytest.mark.parametrize(
    ("dialect", "differs", "text"),
    [
        (Qiniu(), "the signature differs by the secret key or by the text", r"POST /\nHost: 127.0.0.1:"),
        (Qiniu(callback="qbox"), "the signature differs by the secret key or by the text", r"/\n"),
        (Wangsu(), "the signature differs by the secret key or by the text", "http://127.0.0.1:"),
    ],
    ids=repr,
)
def test_of_a_wrong_signature_it_says_what_differs(
    receiver: Receiving, dialect: Dialect, differs: str, text: str
) -> None:
    assert send(posted(dialect, f"{receiver.url}/", "made-up-ak", b"wrong")).status_code == 200
    _, said, signed = receiver.lines(3)
    assert said == f"   signature wrong, by made-up-ak: {differs}; answered 200"
    assert signed.startswith(f"   signed here: {text}")


@pytest.mark.parametrize("dialect", [Qiniu(), Wangsu()], ids=repr)
def test_a_key_that_is_not_known_is_named_unless_it_is_a_secret(receiver: Receiving, dialect: Dialect) -> None:
    send(posted(dialect, receiver.url, "unknown"))
    assert "signature wrong, by unknown: the access key is none of --access-key" in receiver.lines(3)[1]
    send(posted(dialect, receiver.url, "made-up-secret-key", b"made-up-ak"))
    printed = "\n".join(receiver.lines(3))
    assert "by ***: the secret key is in the place of the access key" in printed
    assert "made-up-secret-key" not in printed


def test_no_signature_is_said(receiver: Receiving) -> None:
    send(posted(Qiniu(callback="none"), receiver.url))
    assert "signature wrong: the request has no Authorization" in receiver.lines(3)[1]


def test_what_is_no_notification_is_answered_too(receiver: Receiving) -> None:
    assert requests.post(f"{receiver.url}/x", data="a=1", timeout=PATIENCE).status_code == 200
    told, said = receiver.lines(2)
    assert told.endswith("  no notification that is known here (no Content-Type, 3 bytes)  POST /x")
    assert said == "   answered 200"
    response = requests.get(receiver.url, timeout=PATIENCE)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_nothing_that_is_received_steers_a_terminal_or_fills_the_screen(receiver: Receiving) -> None:
    body = json.dumps({"id": "\u001b[2Jx\nfake", "code": 0, "desc": "y" * 5_000, "items": [{"code": "\u0007"}]})
    requests.post(receiver.url, data=body, timeout=PATIENCE)
    told, said, signed = receiver.lines(3)
    assert "\\x1b[2Jx\\nfake" in told
    assert max(map(len, (told, said, signed))) <= 1_100


def test_it_gives_the_answers_in_order_and_the_last_for_ever() -> None:
    with receiving("--answer", "500, 302,204,200") as process:
        assert (
            process.greeting
            == f"mock-server receives notifications on {process.url} and answers 500, 302, 204, then 200"
        )
        post = posted(Qiniu(), f"{process.url}/cb")
        statuses = [
            requests.post(
                post.url, data=post.body, headers=dict(post.headers), timeout=PATIENCE, allow_redirects=False
            ).status_code
            for _ in range(6)
        ]
        assert statuses == [500, 302, 204, 200, 200, 200]
        printed = process.lines(12)
        assert [line[0] for line in printed[::2]] == list("123456")
        assert printed[1] == "   signature right, by ak; answered 500"


def test_it_can_treat_the_connection_badly() -> None:
    with receiving("--answer", "reset,empty,hang,200") as process:
        address = urlsplit(process.url)
        post = posted(Wangsu(), process.url)
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                send(post)
        # A receiver that hangs is one that says nothing for as long as it is listened to.
        with socket.create_connection((str(address.hostname), address.port or 0), timeout=PATIENCE) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            printed = process.lines(6)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
        assert [line.rpartition("answered ")[2] for line in printed[1::2]] == ["reset", "empty", "hang"]
        assert send(post).status_code == 200


def test_the_keys_are_those_of_the_servers_variable() -> None:
    with receiving(MOCK_SERVER_ACCESS_KEY="made-up-ak:made-up-secret-key") as process:
        for key, word in (("made-up-ak", "right"), ("ak", "wrong")):
            send(posted(Wangsu(), process.url, key))
            assert f"signature {word}, by {key}" in process.lines(2 if word == "right" else 3)[1]
        code, rest, log = process.ended()
        assert (code, rest, log) == (0, "", "")


def test_a_notification_that_is_too_long_is_refused() -> None:
    with receiving() as process:
        assert requests.post(process.url, data=b"x" * (BODY.value + 1), timeout=PATIENCE).status_code == 413
        assert requests.post(process.url, data=b"x" * BODY.value, timeout=PATIENCE).status_code == 200


def test_it_ends_when_nobody_reads_what_it_prints() -> None:
    with receiving() as process:
        assert process.process.stdout
        process.process.stdout.close()
        process.process.stdout = None
        post = posted(Qiniu(), process.url)
        for _ in range(2):
            try:
                send(post)
            except requests.ConnectionError:
                break
        assert process.process.wait(timeout=PATIENCE) == 141


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--answer", "ok"], "'ok' is no status from 200 to 999, nor one of reset, reset_mid, "),
        (["--answer", "199"], "'199' is no status from 200 to 999"),
        (["--answer", "200,"], "'' is no status from 200 to 999"),
        (["--answer", "malformed"], "'malformed' is no status"),
        (["--answer", ",".join(["200"] * (ANSWERS.value + 1))], f"expected {ANSWERS.value} answers at most"),
        (["--port", "70000"], "70000 is not in the range 0<=x<=65535"),
        (["--access-key", "ak"], "--access-key: its value will not do: it takes AK:SK"),
        (["--host", "*"], '--host: "*" is no address'),
    ],
)
def test_what_it_cannot_do_is_an_error_with_a_hint(words: list[str], message: str) -> None:
    ended = run("receive", *words)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_named(receiver: Receiving) -> None:
    ended = run("receive", "--port", str(urlsplit(receiver.url).port))
    assert ended.returncode == 2
    assert "--port" in ended.stderr


def as_received(dialect: Dialect) -> Request:
    post = notices.posted(dialect)
    return request_of("POST", target_and_host(post.url)[0], post.headers, post.body)


def printed(receiver: Receiver, shown: Sequence[str], request: Request) -> tuple[int, str]:
    before = len(shown)
    response = receiver.answer(request)
    return response.status, "\n".join(shown[before:])


def test_answers_are_counted_by_notification_and_the_last_one_stays() -> None:
    shown: list[str] = []
    receiver = Receiver((Planned(500), Planned(200, "reset"), Planned(204)), notices.KEYS, shown.append)
    assert printed(receiver, shown, request_of("GET", "/", (), b"")) == (405, "")
    post = as_received(Qiniu())
    assert printed(receiver, shown, post) == (
        500,
        "1  qiniu  happy-path  0 [0]  The fop was completed successfully  POST /done?job=7&x=%20\n"
        f"   signature right, by {notices.AK}; answered 500",
    )
    response = receiver.answer(post)
    assert response.delivery is not None
    assert response.delivery.kind == "reset"
    for _ in range(2):
        response = receiver.answer(post)
        assert (response.status, response.body, response.delivery) == (204, b"", None)


def test_what_cannot_be_printed_is_answered_and_kept() -> None:
    def show(_: str) -> None:
        raise BrokenPipeError

    receiver = Receiver((Planned(200),), notices.KEYS, show)
    assert receiver.answer(as_received(Wangsu())).status == 200
    assert isinstance(receiver.error, BrokenPipeError)


def test_a_printed_line_is_short_and_hides_secrets() -> None:
    told = Received("qiniu", "x" * 5_000, notices.SK, "\n", "", None)
    line, _ = lines(1, request_of("POST", "/", (), b""), told, Planned(200), notices.KEYS)
    assert len(line) == 1_000
    line, _ = lines(1, request_of("POST", "/", (), b""), told._replace(id="x"), Planned(200), notices.KEYS)
    assert line == "1  qiniu  x  ***  \\n  POST /"
