"""What a server answers beside the vendors' paths: the page at `/`, and the admin API. It knows no web framework."""

from __future__ import annotations

from mock_server.admin.admin import Admin, within
from mock_server.assembly import Server
from mock_server.dashboard.home import home
from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response
from mock_server.http.responses import own_response


class OwnPaths:
    """One server's own paths, the same behind every server. Safe to call from any number of threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.admin = Admin(server)

    @staticmethod
    def takes(request: Request) -> bool:
        """Whether a request is for it, and not for the emulator."""
        return within(request.path) or (request.path == "/" and request.method in ("GET", "HEAD"))

    def answer(self, request: Request) -> Response:
        """The response to a request that it takes."""
        if within(request.path):
            return self.admin.answer(request, here=self._server.settings.admin_port is None)
        return _to(request, home(self._server))

    def answer_admin(self, request: Request) -> Response:
        """The response to any request that came to the admin API's own port, where nothing else is served."""
        if within(request.path):
            return self.admin.answer(request)
        return _to(request, own_response(OwnError.PATH, "only the admin API is served at this port"))


def _to(request: Request, response: Response) -> Response:
    return response._replace(body=b"") if request.peeks else response
