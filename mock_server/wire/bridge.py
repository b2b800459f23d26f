"""A request handed to a WSGI application, and what it says as a reply. Runs in worker threads."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from mock_server.exchange import Reply, Request, origin_form
from mock_server.own_replies import door_reply

log = logging.getLogger("mock_server")

WSGIApp = Callable[..., Iterable[bytes]]


class Bridge(NamedTuple):
    """The application, and where this server says that it listens."""

    app: WSGIApp
    host: str
    port: int
    scheme: str

    def answer(self, request: Request, peer: str) -> Reply:
        """What the application replies, its body read to the end first; our own 500 where it fails."""
        try:
            return self._call(self._environ(request, peer), request.method)
        except Exception:
            log.exception("defect while answering %s", request.target)
            return door_reply(500, "internal", "a defect of mock-server; the log has the details")

    def _call(self, environ: dict[str, Any], method: str) -> Reply:
        said: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], None]:
            said.append((status, headers))
            return written.append

        replied = self.app(environ, start_response)
        try:
            written.extend(replied)
        finally:
            close = getattr(replied, "close", None)
            if close is not None:
                close()
        status, headers = said[-1]
        number, _, reason = status.partition(" ")
        reply = Reply(int(number), reason, tuple(headers), b"".join(written))
        known = reply.header("Content-Length") is not None or method == "HEAD"
        return reply if known else reply.with_body(reply.body)

    def _environ(self, request: Request, peer: str) -> dict[str, Any]:
        raw = request.target.encode("utf-8").decode("latin-1")
        path, _, query = origin_form(raw).partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes((path or "/").encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": raw,
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": peer,
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        _add_headers(environ, request)
        return environ


def _add_headers(environ: dict[str, Any], request: Request) -> None:
    """The headers as CGI names them. A name with an underscore could pass for another one, and is left out."""
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        if "_" in name or key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            continue
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {value}" if key in environ else value
