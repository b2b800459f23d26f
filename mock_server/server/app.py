"""The Flask app: the reference server. Every path leads to one small view, so that Flask itself answers nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flask import Flask, request
from flask import Response as FlaskResponse
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, Rule

from mock_server import assembly
from mock_server.emulator.deliver import without_socket
from mock_server.engine import machine_clock
from mock_server.faults.armed import Armed
from mock_server.http.errors import OwnError
from mock_server.http.framing import CONTINUE
from mock_server.http.message import Request, Response, ascii_target, request_of
from mock_server.http.presence import Presence
from mock_server.http.responses import server_response
from mock_server.server.cors import with_cors
from mock_server.server.deferred import Deferred
from mock_server.server.own_paths import OwnPaths
from mock_server.settings import Settings, settings_of

MAX_BODY = 1 << 20
_TICK = 0.25
"""Seconds between two looks whether a client that waits is still there."""
_WORKERS = (
    "this WSGI server runs several worker processes, and each would keep tasks of its own, so that polls of one task "
    "would be answered by different ones: run one worker, with threads, or let them share a store (MOCK_SERVER_STORE)"
)
_ADMIN_ONLY = "mock_server.admin_only"
"""A key of the WSGI environment. No header of a request becomes a key of this form."""

View = Callable[..., FlaskResponse]


class _Bare(FlaskResponse):
    """A response as the emulator made it: no default Content-Type, no computed length."""

    default_mimetype = None
    automatically_set_content_length = False


class _Anything(BaseConverter):
    """The rest of a path, slashes included."""

    regex = ".*"
    part_isolating = False


def create_app(
    settings: Settings | None = None, *, real_clock: Callable[[], int] | None = None, armed: Sequence[Armed] = ()
) -> Flask:
    """A complete server as a WSGI application, independent of every other in the process.

    `settings` default to the `MOCK_SERVER_*` variables, `real_clock` (milliseconds) to the machine's clock; `armed` are
    the faults armed from the start. InvalidInput: names every bad setting, and every problem of a scenario file.
    """
    settings = settings or settings_of({}, os.environ)
    return app_of(assembly.assemble(settings, real_clock=real_clock, armed=armed))


def app_of(server: assembly.Server, own_paths: OwnPaths | None = None) -> Flask:
    """The application that serves a server's parts, which are also its extension `mock_server`.

    `own_paths` are those of the server, if it has some.
    """
    app = Flask("mock_server", static_folder=None)
    app.extensions["mock_server"] = server
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["anything"] = _Anything

    own_paths = own_paths or OwnPaths(server)
    request_ids = server.registry.request_ids()

    def without(request: Request) -> Response:
        return without_socket(server.emulator.answer(request), request_ids)

    answer_vendors = with_cors(without, server.settings.cors)

    deferred = Deferred()

    def own(asked: Request, make: Callable[[Request], Response], *, single: bool) -> Response:
        """The response to a request for our own paths. `single`: this is the only thread, and others wait for it."""
        if not single:
            return make(asked)
        if deferred.wants(asked):
            return deferred.answer(asked, make)
        server.postman.unheard = True
        try:
            return make(asked)
        finally:
            server.postman.unheard = False

    told = threading.Event()

    def alone() -> FlaskResponse:
        """What is answered where each of several processes would keep tasks of its own. The log has it once."""
        if not told.is_set():
            told.set()
            app.logger.error(_WORKERS)
        return _response(server_response(OwnError.WORKERS, _WORKERS))

    def answer(**_: Any) -> FlaskResponse:
        """The only view: our own paths, else the emulator."""
        if request.environ.get("wsgi.multiprocess") and not server.outage.where:
            return alone()
        received = _request()
        single = not (request.environ.get("wsgi.multithread", True) or request.environ.get("wsgi.multiprocess"))
        gone = _gone_of(request.environ, received)
        waiting = received if gone is None else received._replace(gone=gone)
        if is_admin_only(request.environ):
            response = own(waiting, own_paths.answer_admin, single=single)
        elif own_paths.takes(received):
            response = own(waiting, own_paths.answer, single=single)
        else:
            response = answer_vendors(received)
        if response.delay:
            _delay(response.delay / 1000, server.stopping, gone)
        return _response(response)

    def refuse(error: HTTPException) -> FlaskResponse:
        """What Flask would refuse itself: a body that is too large gets our own error, all else is answered as ever."""
        if isinstance(error, RequestEntityTooLarge):
            what = f"a request body is at most {MAX_BODY} bytes"
            server.refusals.add(OwnError.BODY, what, f"{request.method} {_target(request.environ)}".encode())
            return _response(server_response(OwnError.BODY, what))
        return answer()

    def fail(error: Exception) -> FlaskResponse:
        """A defect of ours: the log has it, and the client gets no traceback."""
        app.logger.exception("defect while answering %s", request.full_path)
        return _response(server_response(OwnError.INTERNAL, "a defect of mock-server; the log has the details"))

    _add_rules(app, server, own_paths, answer)
    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(Exception, fail)
    return app


def admin_only(app: Callable[..., Any]) -> Callable[..., Any]:
    """The same WSGI application for the port of `--admin-port`, where only the admin API is served."""

    def serve(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Any:
        return app({**environ, _ADMIN_ONLY: True}, start_response)

    return serve


def is_admin_only(environ: Mapping[str, Any]) -> bool:
    """Whether a request came through `admin_only`."""
    return _ADMIN_ONLY in environ


def _add_rules(app: Flask, server: assembly.Server, own_paths: OwnPaths, view: View) -> None:
    """Every path that is served, so that `flask routes` lists them, and one rule for all others."""
    for vendor, route in server.emulator.routes:
        _add(app, route.path, f"{vendor}.{route.name}", view, route.methods)
    for each in own_paths.admin.routes:
        _add(app, each.full_path, f"admin.{each.name}", view, (each.method,))
    _add(app, "/", "index", view, ("GET", "HEAD"))
    _add(app, "/<anything:path>", "anything", view, None)


def _add(app: Flask, path: str, endpoint: str, view: View, methods: Sequence[str] | None) -> None:
    """Adds a rule for these methods (None: all), without the OPTIONS that Flask would add."""
    app.url_map.add(Rule(path, endpoint=endpoint, methods=methods))
    app.view_functions[endpoint] = view


def _request() -> Request:
    """Flask's request as ours, with the raw target where the server passes it on: a path is decoded only once."""
    environ = request.environ
    target, old = _target(environ), environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return request_of(request.method, target, tuple(request.headers.items()), request.get_data(cache=True), old=old)


def _gone_of(environ: Mapping[str, Any], request: Request) -> Callable[[], bool] | None:
    """What tells whether the client has left; None where the server does not hand out its connection."""
    channel = getattr(environ.get("waitress.client_disconnected"), "__self__", None)
    if channel is None:
        return None
    return Presence(channel.socket, None if request.old else lambda: channel.socket.send(CONTINUE)).gone


def _delay(seconds: float, stopping: threading.Event, gone: Callable[[], bool] | None) -> None:
    """Waits so long, unless the server is to end, or the client leaves."""
    if gone is None:
        stopping.wait(seconds)
        return
    until = machine_clock.monotonic() + seconds
    while (left := until - machine_clock.monotonic()) > 0:
        if stopping.wait(min(left, _TICK)) or gone():
            return


def _target(environ: Mapping[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    if not target or environ.get("SCRIPT_NAME"):
        target = _quoted(environ.get("PATH_INFO", "/"))
    if query and "?" not in target:  # some servers pass the query separately
        target = f"{target}?{query}"
    return ascii_target(target.encode("latin-1")).decode("ascii")  # WSGI hands bytes over as latin-1


def _quoted(path: str) -> str:
    """A decoded path as a target, so that what looks like an escape in it is not decoded again."""
    return quote(path.encode("latin-1"), safe="/:@!$&'()*+,;=~-._")


def _response(response: Response) -> FlaskResponse:
    return _Bare(response.body, status=f"{response.status} {response.reason}", headers=list(response.headers))
