"""Everything that the admin API does beyond saying what runs here: its controls and routes, and what is said of a call.

Imported and made at the first request for any of it: it takes ten times as long as the answer of `/__admin/health`.
"""

from __future__ import annotations

from mock_server.admin.actions import note_action
from mock_server.admin.errors import AGAIN, error_response
from mock_server.admin.exchanges import exchanges
from mock_server.admin.openapi import document
from mock_server.admin.route import Call, Handler, Result, Route
from mock_server.admin.routes import routes_of
from mock_server.assembly import Server
from mock_server.control.refused import Kind, Refused
from mock_server.control.server import controls_of
from mock_server.http.message import Response
from mock_server.types import Json


class Operations:
    """All routes of one server's admin API, and what performs them. Safe to call from any number of threads."""

    def __init__(self, server: Server) -> None:
        self.controls = controls_of(server)
        self.routes: tuple[Route, ...] = routes_of(server.registry, lambda controls, call: Result(self.document()))
        self._document: Json = None

    def document(self) -> Json:
        """The OpenAPI document of the routes."""
        if self._document is None:
            self._document = document(self.routes)
        return self._document

    def perform(self, handler: Handler, route: Route, call: Call) -> Result | Response:
        """Calls the handler of a route, and remembers what it did."""
        result = handler(self.controls, call)
        if isinstance(result, Result):
            note_action(self.controls.server.actions, route, call, result)
        return result

    def refused(self, refused: Refused) -> Response:
        """What a control refused, with the exchanges that it is about."""
        requests = tuple(exchanges(self.controls, refused.entries, self.controls.requests.gaps(refused.entries)))
        response = error_response(refused.kind.value, refused.message, refused.problems, requests)
        return response.with_headers(AGAIN) if refused.kind is Kind.BUSY else response
