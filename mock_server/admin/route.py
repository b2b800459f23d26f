"""A row of the table of routes, and what passes between a route and its handler."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.admin.prefix import PREFIX
from mock_server.assembly import Server
from mock_server.http.message import Response
from mock_server.types import Json

if TYPE_CHECKING:
    from mock_server.control.server import Controls


class Call(NamedTuple):
    """A request that passed the guard and the schemas. `query` has values of the types its schema gives them.

    `raw` is the body as it came, `name` the segment that stands for `<name>` in the path; `gone`: its client has left.
    """

    query: Mapping[str, Json]
    body: Json = None
    raw: bytes = b""
    name: str = ""
    gone: Callable[[], bool] = lambda: False


class Result(NamedTuple):
    """What a handler returns: a value of the API, or plain JSON, and the status.

    `rows` are the lists that stand in fields of the value, `length` how many there are in all: each row is made when it
    is encoded, so that a long list takes no more memory than its text.
    """

    value: Json
    status: int = 200
    rows: Mapping[str, Iterator[Any]] = MappingProxyType({})
    length: int = 0


Handler = Callable[["Controls", Call], Result | Response]
"""What a route does. It returns a value or, where that is not JSON, the whole response."""


class OfServer(NamedTuple):
    """What a route does that needs no controls: it is answered before they are made, and changes nothing."""

    answer: Callable[[Server, Call], Result | Response]


class Text(NamedTuple):
    """A body that is text in one of these media types, checked by its reader; `schema` is for the document."""

    types: tuple[str, ...]
    schema: Json


class Route(NamedTuple):
    """One operation: `path` begins after `/__admin`, and `<name>` in it stands for one segment.

    `query` has a schema for each parameter; `body` is the schema of a JSON body (None: it takes no body). `response`
    names the schema of the response, whose media type is `media`. `refusals` are the statuses it can answer besides
    `status` and those that every route has. `free`: it needs no token. `largest`: bytes of the largest body, unpacked.
    `also` is another status with the same response. `required` are the parameters of the query that must be given;
    `segment` says what `<name>` is.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler | OfServer
    response: str
    query: Mapping[str, Json] = {}
    body: Json | Text = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    free: bool = False
    media: str = "application/json"
    largest: int = 1 << 20
    also: int | None = None
    required: tuple[str, ...] = ()
    segment: str = "A scenario's name."

    @property
    def full_path(self) -> str:
        """The whole path, as the table of the web framework and people write it."""
        return PREFIX + self.path

    @property
    def has_name(self) -> bool:
        """Whether its path has a segment that stands for anything."""
        return "<name>" in self.path

    def match(self, path: str) -> str | None:
        """The segment that stands for `<name>`, "" if the path has none, None if it is another path."""
        before, placeholder, after = self.full_path.partition("<name>")
        if not placeholder:
            return "" if path == before else None
        name = path.removeprefix(before).removesuffix(after)
        fits = path == before + name + after and name and "/" not in name
        return name if fits else None
