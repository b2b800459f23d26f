"""The paths of our own, beside the vendors': the index page at `/`, the admin API, the dashboard. No web framework."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mock_server.admin.prefix import PULSE, is_page, within
from mock_server.assembly import Server
from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response
from mock_server.http.responses import own_response, reason_of

if TYPE_CHECKING:
    from mock_server.admin.admin import Admin
    from mock_server.dashboard.dashboard import Dashboard


FAVICON = "/favicon.ico"
"""A browser that opens any path asks for it. It is no exchange with a vendor, so it is not in the journal."""
_NO_ICON = Response(204, reason_of(204), (("Cache-Control", "max-age=86400"),), b"")
_PLAIN = ("/", FAVICON)


class OwnPaths:
    """Answers one server's own paths, for either kind of HTTP server. Safe to call from any number of threads.

    The admin API and the pages are imported at the first request for them: a poll waits for neither.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._making = threading.Lock()
        self._admin: Admin | None = None
        self._dashboard: Dashboard | None = None

    @property
    def admin(self) -> Admin:
        """The admin API, made on first use."""
        if self._admin is None:
            with self._making:
                if self._admin is None:
                    from mock_server.admin.admin import Admin

                    self._admin = Admin(self._server)
        return self._admin

    @property
    def dashboard(self) -> Dashboard:
        """The pages at `/__admin/`, made on first use."""
        admin = self.admin
        if self._dashboard is None:
            with self._making:
                if self._dashboard is None:
                    from mock_server.dashboard.dashboard import Dashboard

                    self._dashboard = Dashboard(self._server, admin)
        return self._dashboard

    def is_quick(self, request: Request) -> bool:
        """Whether `answer` takes next to no time: the pulse of a page, while nothing has changed."""
        return request.path == PULSE and self._dashboard is not None and self._dashboard.is_idle(request)

    @staticmethod
    def takes(request: Request) -> bool:
        """Whether a request is for a path of our own, and not for the emulator."""
        return within(request.path) or (request.path in _PLAIN and request.method in ("GET", "HEAD"))

    def answer(self, request: Request) -> Response:
        """The response to a request for which `takes` holds."""
        if within(request.path):
            return self._answer(request, here=self._server.settings.admin_port is None)
        if request.path == FAVICON:
            return _NO_ICON
        from mock_server.dashboard.index import index_page

        return _without_body(request, index_page(self._server))

    def answer_admin(self, request: Request) -> Response:
        """The response to a request at the admin API's own port, where nothing else is served."""
        if within(request.path):
            return self._answer(request, here=True)
        if request.path == FAVICON:
            return _NO_ICON
        return _without_body(request, own_response(OwnError.PATH, "only the admin API is served at this port"))

    def _answer(self, request: Request, *, here: bool) -> Response:
        if is_page(request.path):
            return self.dashboard.answer(request, here=here)
        return self.admin.answer(request, here=here)


def _without_body(request: Request, response: Response) -> Response:
    """The response, without its body to a HEAD."""
    return response._replace(body=b"") if request.peeks else response
