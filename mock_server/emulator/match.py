"""Stage 1: which vendor a request is for, and what it asks; or the refusal it gets.

Pure, and the same for all vendors: a route says where its task's id stands. A job that is submitted is read by its
vendor's dialect. Credentials are checked before that, in `_asks`, where the server checks any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.emulator import near_miss
from mock_server.emulator.credentials import Credentials
from mock_server.http.message import Pairs, Request
from mock_server.http.responses import ERROR_HEADER, NOTE_HEADER
from mock_server.vendors.dialect import MAX_ID, Dialect, Route, Unserved
from mock_server.vendors.submission import Illegal, Lookup, Submission


class Poll(NamedTuple):
    """A request for the status of the task `id` of a vendor."""

    vendor: str
    id: str


class Refusal(NamedTuple):
    """A vendor's own refusal: `error` as in a scenario, the parameter at fault, and the methods that are allowed.

    `note` says why the request met nothing, where people should look: in this `header`.
    """

    vendor: str
    error: str | int
    field: str | None = None
    allow: tuple[str, ...] = ()
    note: str = ""
    header: str = NOTE_HEADER


class NoRoute(NamedTuple):
    """A path that no vendor serves. `vendor` is the one whose envelope says so, None if the path is nobody's."""

    vendor: str | None
    note: str


class _Fit(NamedTuple):
    """A route whose path a request has, and the named segments in it."""

    vendor: str
    route: Route
    segments: Mapping[str, str]


class Matcher:
    """Finds which of some dialects a request is for."""

    def __init__(self, dialects: Sequence[Dialect], credentials: Credentials | None = None) -> None:
        self._credentials = credentials
        self._dialects = tuple(dialects)
        self._by_name = {dialect.name: dialect for dialect in dialects}
        self._routes = tuple((dialect.name, route) for dialect in dialects for route in dialect.routes)
        # Most paths are fixed: which routes they fit is known beforehand. Others can only fit one with a `<name>`.
        self._fixed = {
            route.path: _fits(self._routes, route.path) for _, route in self._routes if "<" not in route.path
        }
        self._patterns = tuple((vendor, route) for vendor, route in self._routes if "<" in route.path)
        self._unserved = tuple((dialect.name, known) for dialect in dialects for known in dialect.unserved)

    def match(self, request: Request) -> Poll | Submission | Lookup | Refusal | NoRoute:
        """What a request asks for. Of several routes that fit, the first that has the method decides.

        A refused method gets the methods of all of them; an unknown path, the vendor whose SDKs call it, else the one
        to which its first segment belongs.
        """
        fits = self._fitting(request)
        asked = self._asked(fits, request)
        if isinstance(asked, Poll):
            return asked
        other = self._of_another_vendor(request, fits)
        if other is not None:
            return NoRoute(other[0], near_miss.of_unserved(other[1]))
        if asked is not None:
            return asked
        return self._refused_method(request, fits) if fits else self._no_route(request)

    def poll(self, request: Request) -> Poll | None:
        """The poll that a request is, if it always is one: what `match` would say then.

        One whose credentials are checked may be refused when the same bytes come again: it is too old then.
        """
        fits = self._fitting(request)
        if self._credentials is not None and any(self._by_name[fit.vendor].is_signed(fit.route) for fit in fits):
            return None
        asked = self._asked(fits, request)
        return asked if isinstance(asked, Poll) else None

    def _fitting(self, request: Request) -> tuple[_Fit, ...]:
        """The routes whose path a request has."""
        return self._fixed.get(request.path) or _fits(self._patterns, request.path)

    def _asked(self, fits: Sequence[_Fit], request: Request) -> Poll | Submission | Lookup | Refusal | None:
        """What a request asks for by the first route that takes its method; None if there is none."""
        for fit in fits:
            if request.method in fit.route.methods:
                return self._asks(fit, request)
        return None

    def _asks(self, fit: _Fit, request: Request) -> Poll | Submission | Lookup | Refusal:
        """What a request asks for by a route that takes it."""
        vendor, route, segments = fit
        if self._credentials is not None:
            wrong = self._credentials.wrong(self._by_name[vendor], route, request)
            if wrong is not None:
                return Refusal(vendor, wrong.error, wrong.key, note=wrong.note, header=ERROR_HEADER)
        for name, segment in segments.items():
            if segment == f"{{{name}}}":  # a client that did not fill in the document's template
                return Refusal(vendor, "illegal", name)
        if route.asks != "status":
            asked = self._by_name[vendor].submission(route, request)
            return Refusal(vendor, asked.error, asked.field) if isinstance(asked, Illegal) else asked
        id = _only(_holders(route, segments, request), route.id)
        return Refusal(vendor, "illegal", route.id) if id is None else Poll(vendor, id)

    def _of_another_vendor(self, request: Request, fits: Sequence[_Fit]) -> tuple[str, Unserved] | None:
        """The vendor that a parameter names where the path alone would name another."""
        segment = _first_segment(request.path)
        shared = [each for each in self._unserved if each[1].parameter and _first_segment(each[1].path) == segment]
        if not shared:
            return None
        names = {name for name, _ in (*request.query, *(request.form() if request.method == "POST" else ()))}
        if any(fit.route.id in names for fit in fits):
            return None
        return next((each for each in shared if each[1].parameter in names), None)

    def _refused_method(self, request: Request, fits: Sequence[_Fit]) -> Refusal:
        """The refusal of a method that none of the routes has, which may be one that the vendor's SDKs use."""
        vendor, methods = fits[0].vendor, dict.fromkeys(method for fit in fits for method in fit.route.methods)
        paths = {fit.route.path for fit in fits}
        used = [known for _, known in self._unserved if known.method == request.method and known.path in paths]
        note = near_miss.of_unserved(used[0]) if used else ""
        return Refusal(vendor, "method", allow=tuple(methods), note=note)

    def _no_route(self, request: Request) -> NoRoute:
        """Whose path it is that nobody serves."""
        if request.method == "CONNECT":
            return NoRoute(None, near_miss.TUNNEL)
        for vendor, known in self._unserved:
            if known.path == request.path and not known.parameter:
                return NoRoute(vendor, near_miss.of_unserved(known))
        segment = _first_segment(request.path)
        owner = next((dialect.name for dialect in self._dialects if segment in dialect.segments), None)
        routes = [route for vendor, route in self._routes if owner in (None, vendor)]
        return NoRoute(owner, near_miss.of_path(routes, request.path))


def _first_segment(path: str) -> str:
    return path.split("/", 2)[1]


def _fits(routes: Sequence[tuple[str, Route]], path: str) -> tuple[_Fit, ...]:
    """The routes, each with its vendor, that a path fits."""
    return tuple([_Fit(vendor, route, named) for vendor, route in routes if (named := route.match(path)) is not None])


def _holders(route: Route, segments: Mapping[str, str], request: Request) -> Pairs:
    """The names and values among which the id is."""
    if route.id_in == "path":
        return tuple(segments.items())
    if route.id_in == "form" and request.method == "POST":
        return (*request.query, *request.form())
    return request.query


def _only(pairs: Pairs, name: str) -> str | None:
    """The one value of a required name; None if it is missing, empty, repeated or longer than an id may be."""
    values = [value for key, value in pairs if key == name]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= MAX_ID else None
