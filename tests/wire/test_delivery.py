"""What each fault of the wire puts on the socket, byte by byte, and what becomes of late and hanging responses."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server.engine.scenario import Effect, Span
from mock_server.faults.armed import Armed
from mock_server.faults.kinds import FAULTS
from mock_server.server.wire import server
from mock_server.settings import Settings
from tests.support.wire_kit import PATIENCE, Wire, bodies, echoing, hear, hear_head, statuses, until, whole

DELIVERIES = [name for name, kind in FAULTS.items() if kind.deliver is not None]


def asking(query: str) -> bytes:
    return f"GET /a?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture(scope="module", params=["the fast loop", "the standard loop"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """A server on each of the event loops that it may run on."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "the standard loop":
            patch.setattr(server, "new_loop", asyncio.new_event_loop)
        with echoing() as running:
            yield running


def plain_body(query: str) -> bytes:
    """The body that the faulty response to this query stands for."""
    seen = {"method": "GET", "target": f"/a?{query}", "path": "/a", "headers": [["Host", "x"]], "body": "", "size": 0}
    return json.dumps(seen).encode()


def test_a_fault_changes_the_response_or_is_a_delivery_and_never_both() -> None:
    assert [name for name, kind in FAULTS.items() if (kind.apply is None) is (kind.deliver is None)] == []


def test_a_reset_is_a_reset_before_the_first_byte(wire: Wire) -> None:
    assert wire.say(asking("fault=reset")) == (b"", True)


def test_a_reset_in_the_middle_comes_after_the_head_and_half_of_the_body(wire: Wire) -> None:
    data, reset = wire.say(asking("fault=reset_mid"))
    head, _, body = data.partition(b"\r\n\r\n")
    meant = plain_body("fault=reset_mid")
    assert reset
    assert f"Content-Length: {len(meant)}".encode() in head
    assert body == meant[: len(meant) // 2]


def test_an_empty_response_is_an_orderly_end_without_a_byte(wire: Wire) -> None:
    assert wire.say(asking("fault=empty")) == (b"", False)


def test_a_truncated_response_ends_in_good_order_with_half_of_what_it_promised(wire: Wire) -> None:
    data, reset = wire.say(asking("fault=truncate"))
    head, _, body = data.partition(b"\r\n\r\n")
    meant = plain_body("fault=truncate")
    assert not reset
    assert f"Content-Length: {len(meant)}".encode() in head
    assert body == meant[: len(meant) // 2]


def test_a_dribbled_response_comes_whole_in_pieces_over_its_time(wire: Wire) -> None:
    with wire.connect() as client:
        client.sendall(asking("fault=dribble&over=300"))
        begun = time.monotonic()
        hear_head(client)
        meant, got, pieces = plain_body("fault=dribble&over=300"), b"", 0
        while len(got) < len(meant):
            got += client.recv(1 << 16)
            pieces += 1
    assert got == meant
    assert pieces > 1
    assert time.monotonic() - begun > 0.25  # never sooner than told; how much later is the machine's affair


def test_a_connection_goes_on_after_a_dribbled_response(wire: Wire) -> None:
    data = asking("fault=dribble&over=10") + b"GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert [body["path"] for body in bodies(wire.say(data).data)] == ["/a", "/b"]


def test_a_hanging_response_never_comes_and_the_connection_ends_with_its_time(wire: Wire) -> None:
    begun = time.monotonic()
    assert wire.say(asking("fault=hang&over=60")) == (b"", False)
    assert time.monotonic() - begun >= 0.06


def test_a_client_that_gives_up_on_a_hanging_response_is_let_go_at_once(wire: Wire) -> None:
    client = wire.connect()
    client.sendall(asking("fault=hang&over=3600000"))
    until(lambda: wire.server.connections > 0, "the client is connected")
    client.close()
    until(lambda: wire.server.connections == 0, "the client is gone")


def test_garbage_is_nothing_like_http(wire: Wire) -> None:
    data, reset = wire.say(asking("fault=garbage"))
    assert data
    assert b"HTTP/" not in data
    assert not reset


def test_a_bad_length_is_no_number_and_the_body_is_all_there(wire: Wire) -> None:
    head, _, body = wire.say(asking("fault=bad_length")).data.partition(b"\r\n\r\n")
    (length,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    assert not length.partition(b":")[2].strip().isdigit()
    assert body == plain_body("fault=bad_length")


@pytest.mark.parametrize("off", [5, -3, -10_000])
def test_a_content_length_that_is_off_is_said_and_the_body_is_all_there(off: int) -> None:
    effect = Effect(body="[1, 2, 3]", length=off)
    with whole(Settings(no_reload=True), armed=[Armed(1, effect, id="slow.1")]) as wire:
        data, reset = wire.say(b"GET /status/get/prefop?id=slow.1 HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = data.partition(b"\r\n\r\n")
    assert f"Content-Length: {max(0, 9 + off)}".encode() in head.split(b"\r\n")
    assert (body, reset) == (b"[1, 2, 3]", False)


@pytest.mark.parametrize(("fault", "said"), [("close", True), ("stale", False)])
def test_a_connection_closes_after_the_response_with_and_without_saying_so(wire: Wire, fault: str, said: bool) -> None:
    data, reset = wire.say(asking(f"fault={fault}") * 2)
    head, _, body = data.partition(b"\r\n\r\n")
    assert (b"Connection: close" in head, body, reset) == (said, plain_body(f"fault={fault}"), False)


def test_a_fault_of_the_body_goes_with_one_of_the_connection() -> None:
    armed = [Armed(1, Effect(fault="html")), Armed(2, Effect(fault="dribble", over=1))]
    with whole(Settings(no_reload=True), armed=armed) as wire:
        data = wire.say(b"GET /status/get/prefop?id=slow.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").data
        assert wire.parts is not None
        (entry,) = wire.parts.store.entries()[0]
    assert data.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert data.endswith(b"</html>\r\n")
    assert b"X-Reqid" not in data
    assert entry.faults == ("html", "dribble")


def test_a_bad_chunk_follows_a_good_one(wire: Wire) -> None:
    head, _, body = wire.say(asking("fault=bad_chunk")).data.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    size, _, rest = body.partition(b"\r\n")
    meant = plain_body("fault=bad_chunk")
    first, rest = rest[: int(size, 16)], rest[int(size, 16) :]
    assert first == meant[: len(meant) // 2]
    with pytest.raises(ValueError, match="invalid literal"):
        int(rest[2:].partition(b"\r\n")[0], 16)


@pytest.mark.parametrize("fault", [name for name in DELIVERIES if name != "dribble"])
def test_a_faulty_response_is_the_last_of_its_connection(wire: Wire, fault: str) -> None:
    heard = wire.say(asking(f"fault={fault}&over=1") + asking("after=it"))
    assert b"after=it" not in heard.data


@pytest.mark.parametrize("fault", [name for name in DELIVERIES if name != "dribble"])
def test_what_was_answered_before_a_fault_is_whole(wire: Wire, fault: str) -> None:
    with wire.connect() as client:
        client.sendall(asking("before=it"))
        head = hear_head(client)
        size = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        assert b"before=it" in client.recv(size, socket.MSG_WAITALL)
        client.sendall(asking(f"fault={fault}&over=1"))
        hear(client)


def test_a_late_response_does_not_hold_up_other_clients(wire: Wire) -> None:
    with wire.connect() as late:
        late.sendall(asking("ms=3600000"))
        assert statuses(wire.say(asking("at=once") + asking("fault=empty")).data) == [200]


def test_a_fault_that_a_scenario_scripts_reaches_the_socket(tmp_path: Path) -> None:
    (tmp_path / "cut.yaml").write_text(
        "about: Cut.\nsteps: [{state: succeeded}]\nfaults: [{when: {polls: [1]}, fault: reset}]\n", "utf-8"
    )
    with whole(Settings(scenarios=(tmp_path,), no_reload=True)) as wire:
        poll = b"GET /fmgr/status?persistentId=cut.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert wire.say(poll).reset
        assert statuses(wire.say(poll).data) == [200]


def test_an_armed_fault_reaches_the_socket_with_its_delay() -> None:
    armed = [Armed(1, Effect(fault="empty", delay=Span(30, 30)), times=1)]
    with whole(Settings(no_reload=True), armed=armed) as wire:
        begun = time.monotonic()
        poll = b"GET /fmgr/status?persistentId=slow.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert wire.say(poll) == (b"", False)
        assert time.monotonic() - begun >= 0.03
        assert statuses(wire.say(poll).data) == [200]


class TestDrain:
    """What becomes of responses under way when the server is told to end."""

    def heard_at_the_end(self, query: str) -> bytes:
        with echoing() as wire:
            client = wire.connect()
            client.sendall(asking(query))
            until(lambda: wire.server.connections == 1, "the client is connected")
            with wire.connect() as other:  # answered after the first one was begun
                other.sendall(asking("other"))
                hear_head(other)
        client.settimeout(PATIENCE)
        with client:
            return hear(client).data

    def test_a_hanging_response_is_cut(self) -> None:
        assert self.heard_at_the_end("fault=hang&over=3600000") == b""

    def test_a_late_response_leaves_at_once_and_says_that_it_is_the_last(self) -> None:
        data = self.heard_at_the_end("ms=3600000")
        assert b"Connection: close" in data
        assert [body["path"] for body in bodies(data)] == ["/a"]

    def test_a_dribbled_response_is_finished(self) -> None:
        (body,) = bodies(self.heard_at_the_end("fault=dribble&over=3600000"))
        assert body["path"] == "/a"
