"""JSON for people: whether a request asks for it, and an error written so."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mock_server.errors import InvalidInput, Problem
from mock_server.http.json import pretty_json_bytes
from mock_server.http.message import Pairs, Request, Response

PARAMETER = "pretty"
_VALUES: Mapping[str, bool] = {"": True, "true": True, "false": False}


def pretty_asked(request: Request) -> bool:
    """Whether JSON should be indented: by `?pretty`, else where HTML is accepted, as browsers do.

    InvalidInput: `?pretty` has a value other than true and false.
    """
    given = [value for name, value in request.query if name == PARAMETER]
    if not given:
        return "text/html" in (request.header("Accept") or "").lower()
    if given[-1] not in _VALUES:
        raise InvalidInput([Problem(f"?{PARAMETER}", f"{given[-1][:20]!r} will not do: it takes true or false")])
    return _VALUES[given[-1]]


def without_pretty(query: Pairs) -> Pairs:
    """The parameters that are the route's own."""
    return tuple([pair for pair in query if pair[0] != PARAMETER])


def indented(response: Response) -> Response:
    """A short response of JSON, indented."""
    return response.with_body(pretty_json_bytes(json.loads(response.body)) + b"\n")
