"""The admin API of a server in this process, asked in the caller's own thread and without a socket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import NoneType
from typing import Any

from mock_server.assembly import Server
from mock_server.http.message import request_of
from mock_server.server.own_paths import OwnPaths
from mock_server.server.wire.service import answered
from mock_server.store.store import Store

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_LONGEST, _LARGEST = 32 << 10, 256 << 10
"""Bytes of a target, and of a body, that are taken here. Longer ones go over the socket, whose limits hold for them."""


class InProcess:
    """Answers requests for a running server's admin API exactly as its socket does: same guard, routes and errors.

    It declines what only the socket can answer: a request to a server that was closed, a long one, and one from another
    process, which after a fork holds a copy of the server. Pickled or copied it is None.
    """

    __slots__ = ("_own_paths", "_process", "_server")

    def __init__(self, own_paths: OwnPaths, server: Server) -> None:
        """`own_paths` are that server's."""
        self._own_paths = own_paths
        self._server = server
        self._process = os.getpid()

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """The status and the body of the response. None: ask over the socket."""
        if len(target) > _LONGEST or len(body) > _LARGEST or self._is_gone():
            return None
        request = request_of(method, target, tuple(headers.items()), body)
        response = answered(self._own_paths.answer_admin, request)
        return response.status, response.body

    def store(self) -> Store | None:
        """The server's store, to be asked itself. None: it must be asked over the socket, or its store is elsewhere."""
        return None if self._server.settings.store is not None or self._is_gone() else self._server.store

    def _is_gone(self) -> bool:
        return self._server.stopping.is_set() or os.getpid() != self._process

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        """Nothing: the server does not go along to another process."""
        return NoneType, ()
