"""Requests that take the fast path where they can, as a server that owns its connections asks it."""

from __future__ import annotations

from mock_server.emulator.emulator import Emulator
from mock_server.emulator.fast_path import Memo
from mock_server.http.framing import framed
from mock_server.http.message import Request, Response, request_of
from tests.support.emulators import World, asking
from tests.support.harness import VENDORS

DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
__all__ = ["VENDORS", "FastWorld", "Memos"]


class Memos:
    """The memos of some requests, by target: those that have the same bytes."""

    def __init__(self) -> None:
        self._memos: dict[str, Memo] = {}
        self.asked = self.taken = 0

    def answer(self, emulator: Emulator, request: Request) -> Response:
        """The response on the fast path, checked to be what its bytes say, or else by the stages."""
        fast = emulator.fast_path
        self.asked += 1
        if request.method != "GET":
            return emulator.answer(request)
        if request.target not in self._memos:
            self._memos[request.target] = fast.memo(request)
        memo = self._memos[request.target]
        before = fast.taken
        sent = fast.poll(memo, DATE)
        assert fast.taken == before + (sent is not None)
        if sent is None:
            return emulator.answer(request)
        self.taken += 1
        response = Response(200, "OK", (*memo.head.first, _number(sent, memo), memo.length), memo.body)
        head, body, keep = framed(response, DATE)
        assert (head + body, keep) == (sent, True)
        return response


def _number(sent: bytes, memo: Memo) -> tuple[str, str]:
    """The header of the request id, as it was sent."""
    name = memo.head.name
    return name, sent.partition(f"\r\n{name}: ".encode())[2].partition(b"\r\n")[0].decode()


class FastWorld(World):
    """A world whose requests take the fast path where they can. What it remembers outlives a bundle."""

    memos: Memos

    def poll(self, id: str = "made-up.1", vendor: str = "qiniu", method: str = "GET") -> Response:
        """One status request."""
        return self.answer(asking(vendor, id, method))

    def ask(self, target: str, method: str = "GET", body: bytes = b"") -> Response:
        """Any request."""
        return self.answer(request_of(method, target, (), body))

    def answer(self, request: Request) -> Response:
        """A request, by the fast path or by the stages."""
        if not hasattr(self, "memos"):
            self.memos = Memos()
        return self.memos.answer(self.emulator, request)
