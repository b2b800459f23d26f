"""Over a socket: what takes the fast path, that a client cannot tell, and what keeps it closed."""

from __future__ import annotations

import logging
import re
import socket
import threading
from typing import Any

import pytest

from mock_server.emulator.fast_path import MEMO_SIZE, Memo
from mock_server.engine.scenario import Effect
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.journal.access_log import ACCESS
from mock_server.server.wire.server import WireServer
from mock_server.server.wire.service import Answers
from mock_server.settings import Settings
from tests.support.harness import exchanges
from tests.support.raw import answers
from tests.support.wire_kit import GET, Wire, echo, is_slow, running, statuses, whole

POLL = b"GET /status/get/prefop?id=happy-path.%d HTTP/1.1\r\nHost: x\r\nUser-Agent: a\r\n\r\n"


def taken(wire: Wire) -> int:
    """How many responses took the fast path."""
    assert wire.parts is not None
    return wire.parts.emulator.fast_path.taken


def asked(client: socket.socket, *requests: bytes) -> list[bytes]:
    """The responses to requests that are sent one after the other."""
    said = []
    for request in requests:
        client.sendall(request)
        said.append(b"")
        while b"\r\n\r\n" not in said[-1] or not _whole(said[-1]):
            data = client.recv(1 << 16)
            assert data, said
            said[-1] += data
    return said


def _whole(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return length is not None and (len(body) >= int(length[1]) or b" HEAD " in data)


def without_dates(said: list[bytes]) -> list[bytes]:
    """Responses without what depends on when they were given."""
    return [re.sub(rb'Date: [^\r]+|"creationDate":"[^"]+"', b"", each) for each in said]


@pytest.fixture
def fast() -> Any:
    with whole(Settings(no_reload=True)) as wire:
        yield wire


def test_a_client_cannot_tell(fast: Wire) -> None:
    requests = [POLL % k for k in (1, 1, 1, 2, 2, 1, 3)]
    with fast.connect() as client:
        said = asked(client, *requests)
    with whole(Settings(no_reload=True, no_fast_path=True)) as staged, staged.connect() as client:
        assert taken(staged) == 0
        other = asked(client, *requests)
        assert taken(staged) == 0
    assert without_dates(said) == without_dates(other)
    assert taken(fast) == len(requests) - 1  # the first showed the server what headers there are


def test_requests_that_come_together_are_answered_in_their_order(fast: Wire) -> None:
    assert fast.parts is not None
    with fast.connect() as client:
        asked(client, POLL % 1, POLL % 1)
    heard = fast.say(POLL % 2 + POLL % 1 + GET + POLL % 1, half=True).data
    assert statuses(heard) == [200, 200, 404, 200]
    assert [entry.id for entry in exchanges(fast.parts)][2:] == ["happy-path.2", "happy-path.1", None, "happy-path.1"]


def test_while_a_response_is_late_a_known_request_waits_for_its_turn(fast: Wire) -> None:
    assert fast.parts is not None
    with fast.connect() as client:
        asked(client, POLL % 1, POLL % 2)
        fault = Armed(1, Effect(delay=None, fault="dribble", over=300), id="happy-path.1", times=1)
        fast.parts.store.control(lambda control: control._replace(armed=ArmedFaults((fault,))))
        client.sendall(POLL % 1)
        client.sendall(POLL % 2)
        heard = b""
        while len(statuses(heard)) < 2 or not heard.endswith(b"}"):
            heard += client.recv(1 << 16)
    assert [b"happy-path.1" in each.body for each in answers(heard)] == [True, False]


def test_every_exchange_is_logged(fast: Wire, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, ACCESS), fast.connect() as client:
        asked(client, *[POLL % 1] * 3)
    assert taken(fast) == 2
    lines = [record.getMessage() for record in caplog.records if record.name == ACCESS]
    assert lines == [
        f"GET /status/get/prefop?id=happy-path.1 -> 200 happy-path@{_digest(fast)} {step}"
        for step in ("waiting", "processing", "succeeded")
    ]


def _digest(wire: Wire) -> str:
    assert wire.parts is not None
    return wire.parts.catalogue.library.scenarios["happy-path"].digest


def test_where_pages_may_read_responses_none_takes_it() -> None:
    with whole(Settings(no_reload=True, cors=("*",))) as wire, wire.connect() as client:
        asked(client, *[POLL % 1] * 3)
        assert taken(wire) == 0


def test_a_reset_of_the_tasks_forgets_what_is_known(fast: Wire) -> None:
    with fast.connect() as client:
        asked(client, *[POLL % 1] * 3)
        service = fast.server._service
        assert service is not None
        (known,) = service.known.requests._kept.values()
        assert known.memo is not None
        assert service.known.reserved == MEMO_SIZE
        fast.server.forget()
        assert not service.known.requests._kept


class Defect:
    """A fast path that fails."""

    def memo(self, request: Any) -> Memo:
        """A memo."""
        return Memo(None, request)

    def poll(self, memo: Memo, date: str) -> bytes:
        """Fails."""
        raise RuntimeError(date, memo)


def test_a_defect_of_it_is_logged_and_the_stages_answer(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = Defect()
    server = WireServer(Answers(echo, is_slow, echo, fast_path=broken), "127.0.0.1", 0, threading.Event())
    with running(server), Wire(server).connect() as client:
        assert [statuses(each) for each in asked(client, GET, GET)] == [[200], [200]]
    assert caplog.text.count("defect of the fast path") == 1
