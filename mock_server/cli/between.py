"""A plain HTTP proxy to one service: each request goes there as it came, and a client gets what came back."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mock_server.cli.upstream import Answer, NoUpstream, Upstream
from mock_server.control.recording.recorder import Recorder
from mock_server.control.recording.seen import Seen
from mock_server.emulator.match import Matcher, Poll
from mock_server.engine.task import Key
from mock_server.http.message import Delivery, Pairs, Request, Response, origin_form
from mock_server.http.responses import BODILESS, reason_of, response
from mock_server.vendors.dialect import Dialect

_HOPS = frozenset(
    {
        "accept-encoding",  # a packed body could not be read
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection, or that are made anew for the next."""
_MOST_SECRETS = 100


class Between:
    """Answers the requests of clients by asking the service, and records the polls of one task."""

    def __init__(self, upstream: Upstream, dialect: Dialect, key: Key, recorder: Recorder) -> None:
        self._upstream = upstream
        self._matcher = Matcher((dialect,))
        self._dialect = dialect
        self._key = key
        self._recorder = recorder
        self._lock = threading.Lock()
        self._secrets: dict[str, None] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the recorded requests were signed with."""
        with self._lock:
            return tuple(self._secrets)

    def answer(self, request: Request, over: Callable[[], object]) -> Response:
        """The service's response; a 502 if there is none. `over` is called once nothing more is recorded."""
        headers = [pair for pair in request.headers if pair[0].lower() not in _HOPS]
        is_poll = self._matcher.match(request) == Poll(*self._key) and not request.peeks
        at = self._upstream.now()
        try:
            got = self._upstream.ask(request.method, origin_form(request.target), headers, request.body)
        except NoUpstream as error:
            if is_poll:
                self._recorder.add(Seen(at, failure="no connection"))
            return response(502, f"{error}\n".encode(), type="text/plain")
        if is_poll:
            self._recorder.add(got.seen)
            with self._lock:
                for name, value in headers:
                    if name.lower() in ("authorization", "cookie") or "token" in name.lower():
                        self._secrets.update(dict.fromkeys([value] if len(self._secrets) < _MOST_SECRETS else []))
            if self._recorder.over:
                over()
        return _passed_on(got, self._dialect, peeks=request.peeks)


def _passed_on(got: Answer, dialect: Dialect, *, peeks: bool) -> Response:
    """What the client gets: the service's response, cut as it was."""
    seen = got.seen
    if seen.lost:
        return response(502, f"the body cannot be passed on: {seen.lost}\n".encode(), type="text/plain")
    headers: Pairs = tuple(pair for pair in (got.headers or seen.headers) if pair[0].lower() not in _HOPS)
    status = seen.status or 200
    reason = dialect.reason(status) or reason_of(status)
    if not seen.failure:
        made = Response(status, reason, headers, seen.body)
        length = seen.header("Content-Length") if peeks else str(len(seen.body))
        return made if status in BODILESS or length is None else made.with_header("Content-Length", length)
    kind = "empty" if seen.failure == "hang" else seen.failure
    if kind == "bad_length":
        length = str(len(got.came) + seen.off) if seen.off else None
        cut = Response(status, reason, headers, got.came, delivery=Delivery(kind))
        return cut.with_header("Content-Length", length)
    # Of a response that is cut, half of the body is sent.
    made = Response(status, reason, headers, got.came * 2, delivery=Delivery(kind))
    return made.with_header("Content-Length", str(len(made.body)))
