"""The way of a request through the admin API: guard, route, body and query, handler, response."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mock_server.admin import about
from mock_server.admin.body import Check, Malformed, QueryCheck, TooLarge, read_json, unpack
from mock_server.admin.errors import AGAIN, error_of, error_response
from mock_server.admin.guard import Denial, Guard
from mock_server.admin.lists import Turns, encoded
from mock_server.admin.pretty import indented, pretty_asked, without_pretty
from mock_server.admin.route import Call, OfServer, Result, Route, Text
from mock_server.assembly import Server
from mock_server.control.refused import Refused
from mock_server.errors import InvalidInput, Problem, did_you_mean
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Request, Response
from mock_server.http.responses import own_json
from mock_server.settings import flag
from mock_server.store.store import Away
from mock_server.types import Json

if TYPE_CHECKING:
    from mock_server.admin.operations import Operations
    from mock_server.control.server import Controls

JSON_TYPES = ("application/json",)
_AWAY = Problem("", "the store cannot be reached", "ask again later: what was asked may have been done, or not")


class _Checks(NamedTuple):
    query: QueryCheck
    body: Check | None


class _Stop(Exception):
    """A response that ends the handling of a request early."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Admin:
    """The admin API of one server. Safe to call from any number of threads."""

    def __init__(self, server: Server) -> None:
        self.guard = Guard(server.settings)
        self._server = server
        self._making = threading.Lock()
        self._operations: Operations | None = None
        self._plain = _by_path(about.ROUTES)
        self._checks: dict[str, _Checks] = {}
        self._turns = Turns()

    @property
    def operations(self) -> Operations:
        """All that it does, made at the first request for more than what runs here."""
        if self._operations is None:
            with self._making:
                if self._operations is None:
                    from mock_server.admin.operations import Operations

                    made = Operations(self._server)
                    self._plain = _by_path(made.routes)
                    self._operations = made
        return self._operations

    @property
    def controls(self) -> Controls:
        """What its operations do it with."""
        return self.operations.controls

    @property
    def routes(self) -> Sequence[Route]:
        """Everything that it serves."""
        return self.operations.routes

    def perform(self, name: str, *, query: Pairs = (), body: Json = None, raw: bytes = b"", segment: str = "") -> Json:
        """Does what the operation of this name does, with what a request would give it; the value of its response.

        It passes the same checks and leaves the same trace as a request. InvalidInput: as the API refuses it.
        """
        route = next(route for route in self.routes if route.name == name)
        checks = self._checks_of(route)
        if checks.body is not None:
            checks.body.check(body)
        call = Call(checks.query.read(query), body, raw, segment)
        result = self._result(route, call)
        return result.body if isinstance(result, Response) else result.value

    def answer(self, request: Request, *, here: bool = True) -> Response:
        """The response to a request under `/__admin`. `here` False: the admin API is not served at this port."""
        pretty = False
        try:
            pretty = pretty_asked(request)
            return _safe(request, self._answer(request, here, pretty))
        except _Stop as stop:
            response = stop.response
        except Refused as refused:
            response = self.operations.refused(refused)
        except Malformed as error:
            response = error_response(OwnError.MALFORMED, _message(error.problems), error.problems)
        except TooLarge as error:
            response = error_response(OwnError.BODY, _message(error.problems), error.problems)
        except Away as error:
            self._server.outage.missed(error)
            response = error_of(OwnError.STORE, _AWAY, AGAIN)
        except InvalidInput as error:
            response = error_response(OwnError.INVALID, _message(error.problems), error.problems)
        return _safe(request, indented(response) if pretty else response)

    def _answer(self, request: Request, here: bool, pretty: bool) -> Response:
        if not here:
            hint = f"ask the port that {flag('admin_port')} names"
            raise _Stop(error_of(OwnError.PATH, Problem("", "the admin API has a port of its own", hint)))
        _admit(self.guard.site(request))
        fitting = self._fitting(request.path)
        if not all(route.free for route, _ in fitting) or not fitting:
            _admit(self.guard.token(request))
        route, name = self._route(request, fitting)
        call = self._call(request, route, name)
        if not route.free:
            self._server.catalogue.synchronise()
        result = self._result(route, call)
        if isinstance(result, Response):
            return result
        with self._turns.turn(result) as mine:
            if mine:
                return own_json(result.status, encoded(result, pretty=pretty))
        hint = "ask again in a second, or ask for less (`limit`)"
        raise _Stop(error_of(OwnError.BUSY, Problem("", "too many long lists are being made", hint), AGAIN))

    def _fitting(self, path: str) -> list[tuple[Route, str]]:
        """The routes of a path, whatever their methods are, each with the segment that stands for `<name>`."""
        return self._plain.get(path) or _fitting(self.routes, path)

    def _result(self, route: Route, call: Call) -> Result | Response:
        if isinstance(route.handler, OfServer):
            return route.handler.answer(self._server, call)
        return self.operations.perform(route.handler, route, call)

    def _route(self, request: Request, fitting: list[tuple[Route, str]]) -> tuple[Route, str]:
        """The route of this path and method."""
        if not fitting:
            hint = did_you_mean(request.path, {route.full_path for route in self.routes})
            problem = Problem("", f"the admin API has no {request.path[:200]!r}", hint)
            raise _Stop(error_of(OwnError.PATH, problem))
        method = "GET" if request.peeks else request.method
        for route, name in fitting:
            if route.method == method:
                return route, name
        allowed = [
            word
            for route, _ in fitting
            for word in ((route.method, "HEAD") if route.method == "GET" else (route.method,))
        ]
        problem = Problem("", f"{request.method} is not served at {request.path}", f"it takes {', '.join(allowed)}")
        raise _Stop(error_of(OwnError.METHOD, problem).with_header("Allow", ", ".join(allowed)))

    def _call(self, request: Request, route: Route, name: str) -> Call:
        """The request's query and body, checked."""
        checks = self._checks_of(route)
        if route.body is None:
            if request.body:
                raise _Stop(error_of(OwnError.INVALID, Problem("$", "this takes no body", "use the query")))
            return Call(checks.query.read(without_pretty(request.query)), name=name, gone=request.gone)
        self._check_type(request, route.body.types if isinstance(route.body, Text) else JSON_TYPES)
        query = checks.query.read(without_pretty(request.query))
        raw = unpack(request.body, (request.header("Content-Encoding") or "").strip().lower(), route.largest)
        if checks.body is None:
            return Call(query, None, raw, name)
        value = read_json(raw)
        checks.body.check(value)
        return Call(query, value, raw, name)

    def _checks_of(self, route: Route) -> _Checks:
        return self._checks.get(route.name) or self._checks.setdefault(route.name, _checks(route))

    def _check_type(self, request: Request, types: tuple[str, ...]) -> None:
        """Only these types: a page of another site can send forms and plain text here without permission."""
        type = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if type not in types:
            what = f"a body of the type {type!r} is not read" if type else "the body has no type"
            problem = Problem("Content-Type", what, f"send `Content-Type: {' or '.join(types)}`")
            raise _Stop(error_of(OwnError.TYPE, problem))


def _safe(request: Request, response: Response) -> Response:
    """The response as it is sent: nobody keeps it, nobody guesses its type, and to a HEAD it has no body."""
    response = response.with_header("Cache-Control", "no-store").with_header("X-Content-Type-Options", "nosniff")
    return response._replace(body=b"") if request.peeks else response


def _by_path(routes: Sequence[Route]) -> dict[str, list[tuple[Route, str]]]:
    """Those routes whose paths are the same for all, by path: most requests are for one of them."""
    return {route.full_path: _fitting(routes, route.full_path) for route in routes if not route.has_name}


def _fitting(routes: Sequence[Route], path: str) -> list[tuple[Route, str]]:
    return [(route, name) for route in routes if (name := route.match(path)) is not None]


def _checks(route: Route) -> _Checks:
    body = None if route.body is None or isinstance(route.body, Text) else Check(route.body)
    return _Checks(QueryCheck(route.query, route.required), body)


def _message(problems: Sequence[Problem]) -> str:
    first, *others = problems
    return f"{first}, and {len(others)} more" if others else str(first)


def _admit(denial: Denial | None) -> None:
    if denial is not None:
        response = error_of(*denial)
        raise _Stop(response.with_header("WWW-Authenticate", "Bearer") if denial.error is OwnError.TOKEN else response)
