"""The admin API of a server in this process, asked in the caller's own thread and without a socket."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from types import NoneType
from typing import Any

from mock_server.http.message import request_of
from mock_server.server.own_paths import OwnPaths
from mock_server.server.wire.service import answered

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_LONGEST, _LARGEST = 32 << 10, 256 << 10
"""Bytes of a target, and of a body, that are taken here. Longer ones go over the socket, whose limits hold for them."""


class InProcess:
    """Answers requests for a running server's admin API exactly as its socket does: same guard, routes and errors.

    It declines what only the socket can answer: a request to a server that was closed, a long one, and one from another
    process, which after a fork holds a copy of the server. Pickled or copied it is None.
    """

    __slots__ = ("_own_paths", "_process", "_stopping")

    def __init__(self, own_paths: OwnPaths, stopping: threading.Event) -> None:
        """`stopping` is set when the server is closed."""
        self._own_paths = own_paths
        self._stopping = stopping
        self._process = os.getpid()

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """The status and the body of the response. None: ask over the socket."""
        if len(target) > _LONGEST or len(body) > _LARGEST or self._stopping.is_set() or os.getpid() != self._process:
            return None
        request = request_of(method, target, tuple(headers.items()), body)
        response = answered(self._own_paths.answer_admin, request)
        return response.status, response.body

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        """Nothing: the server does not go along to another process."""
        return NoneType, ()
