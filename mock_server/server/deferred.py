"""Responses that are made in threads of their own, where the only thread of a server would be held by one.

Under a WSGI server of one thread, whoever moves the clock waits for receivers in the thread that answers them. A client
that can fetch the response later says so (`Prefer: respond-async`, RFC 7240). It gets 202 with a token, and sends the
same request again with that until the response is made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from secrets import token_urlsafe

from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response
from mock_server.http.responses import response, server_response
from mock_server.types import Bound

PREFER = "Prefer"
ASYNC = "respond-async"
TOKEN = "X-Mock-Server-Response"
"""The header with the token of a response that is fetched later."""
DEFERRED = Bound(
    "Responses that are fetched later, under a WSGI server of one thread",
    32,
    "responses",
    "The one that was asked for first is forgotten; who asks for it again gets 404 (`not_found`).",
)
_AT_ONCE = 0.05
"""Seconds for which the only thread waits: most responses are made in that time."""


class Deferred:
    """The responses of one server that are fetched later. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Future[Response]] = OrderedDict()

    @staticmethod
    def wants(request: Request) -> bool:
        """Whether the client of a request can fetch the response later, or fetches one."""
        return request.method == "POST" and (
            request.header(TOKEN) is not None or ASYNC in (request.header(PREFER) or "").lower()
        )

    def answer(self, request: Request, make: Callable[[Request], Response]) -> Response:
        """The response that `make` makes, in another thread, or 202 while it is not made. It raises as `make` does."""
        token = request.header(TOKEN) or self._begin(request, make)
        with self._lock:
            found = self._made.get(token)
        if found is None:
            return server_response(OwnError.NOT_FOUND, "there is no response of this token, or it was fetched already")
        if not wait([found], _AT_ONCE).done:
            return response(202, b"{}", type="application/json", headers=((TOKEN, token),))
        with self._lock:
            self._made.pop(token, None)
        return found.result()

    def _begin(self, request: Request, make: Callable[[Request], Response]) -> str:
        token, made = token_urlsafe(16), Future[Response]()

        def run() -> None:
            try:
                made.set_result(make(request))
            except BaseException as error:  # whoever fetches it is told
                made.set_exception(error)

        with self._lock:
            self._made[token] = made
            while len(self._made) > DEFERRED.value:
                self._made.popitem(last=False)
        threading.Thread(target=run, name="deferred-response", daemon=True).start()
        return token
