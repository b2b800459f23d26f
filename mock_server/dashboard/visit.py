"""One look at a page: who looks, at what, in which language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from mock_server.control.server import Controls
from mock_server.dashboard.address import HOME
from mock_server.dashboard.words import Words
from mock_server.http.message import Request, fields_of


class Visit(NamedTuple):
    """What a maker of a page's value is given. `query` has the last value of each parameter, without empty ones."""

    controls: Controls
    request: Request
    path: str
    query: Mapping[str, str]
    words: Words
    theme: str

    def get(self, name: str) -> str | None:
        """A parameter of the address; None if it has none."""
        return self.query.get(name)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the page that are asked for alone; none: it is asked for whole."""
        return tuple(self.query["part"].split(",")) if "part" in self.query else ()

    def whole(self, name: str, low: int = 0, high: int = 10**15) -> int | None:
        """A parameter that is a whole number; None if it is none, or out of bounds."""
        text = self.query.get(name, "")
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else -1
        return number if low <= number <= high else None

    @property
    def base(self) -> str:
        """The address that the visitor's browser has of this server: scheme and host."""
        scheme = "https" if self.controls.server.settings.tls_cert is not None else "http"
        return f"{scheme}://{self.request.header('Host') or 'localhost'}"

    @property
    def vendors_base(self) -> str:
        """Where the vendors' paths are: the same, but for the port if the dashboard has one of its own."""
        settings = self.controls.server.settings
        if settings.admin_port is None:
            return self.base
        host = self.base.rpartition(":")[0] if self.base.rpartition(":")[2].isdecimal() else self.base
        return f"{host}:{settings.port}" if settings.port else f"{host}:PORT"

    def seen_from(self, address: str) -> Visit:
        """The same visit at another address of ours."""
        path, _, query = address.partition("?")
        return self._replace(path=path, query={name: value for name, value in fields_of(query) if value})

    def here(self, **changes: object) -> str:
        """The address of this page with other parameters; None removes one."""
        query = {name: value for name, value in self.query.items() if name not in ("part", "lang", "theme", "open")}
        return link(self.path, **(query | changes))


def link(path: str, **query: object) -> str:
    """An address of ours with these parameters, percent-encoded; those that are None or empty are left out."""
    given = {name: str(value) for name, value in query.items() if value not in (None, "", False)}
    return path + (f"?{urlencode(given)}" if given else "")


def home_or(path: str) -> str:
    """The address of a page as it is written: with its slash, if it is the home."""
    return HOME if path == HOME.rstrip("/") else path
