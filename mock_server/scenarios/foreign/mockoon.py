"""Environments of Mockoon: routes, each with responses."""

from __future__ import annotations

import re

from mock_server.engine.scenario import Span
from mock_server.scenarios.foreign.headers import headers_of
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.foreign.series import Captured, Series, asked
from mock_server.vendors.registry import Registry

_ENVIRONMENT = frozenset(
    {"uuid", "lastMigration", "name", "port", "hostname", "endpointPrefix", "latency", "routes", "rootChildren",
     "folders"}
)  # fmt: skip
_ROUTE = frozenset({"uuid", "type", "documentation", "method", "endpoint", "responses", "responseMode"})
_RESPONSE = frozenset(
    {"uuid", "body", "latency", "statusCode", "label", "headers", "bodyType", "disableTemplating", "default",
     "rulesOperator", "crudKey"}
)  # fmt: skip
_PARAMETER = re.compile(r":[A-Za-z_]\w*")


def series_of(root: Node, registry: Registry) -> list[Series]:
    """A series for each route that is a vendor's status request."""
    root.only(_ENVIRONMENT)
    found = []
    for route in root.child("routes").elements():
        prefix = root.get("endpointPrefix", "").strip("/")
        path = f"/{prefix}/{route.get('endpoint', '').lstrip('/')}".replace("//", "/")
        method = {"all": "ANY"}.get(route.get("method", ""), route.get("method", "").upper())
        task = asked(registry, method, _PARAMETER.sub("any", path), {})
        if task is None:
            route.note(f"{method} {path} is no vendor's status request", "it is left out")
            continue
        route.only(_ROUTE)
        responses = [_captured(each, root.get("latency", 0)) for each in _played(route)]
        if responses:
            found.append(Series(task.vendor, task.id, tuple(responses), route.place))
    return found


def _played(route: Node) -> list[Node]:
    """The responses of a route that a scenario can play: all in turn, or the default one."""
    responses, mode = list(route.child("responses").elements()), route.child("responseMode").value
    if mode == "SEQUENTIAL":
        if len(responses) > 1:
            route.note("the responses begin again after the last", "it is left out; the last response goes on")
        return responses
    if mode not in (None, ""):
        route.child("responseMode").note(f"the mode {mode!r} is not understood", "the default response is taken")
    default = next((each for each in responses if each.get("default", False)), responses[0] if responses else None)
    for each in responses:
        if each is not default:
            each.note("a response that is not the default one", "it is left out")
    return [] if default is None else [default]


def _captured(response: Node, latency: int) -> Captured:
    response.only(_RESPONSE)
    body = response.get("body", "")
    if "{{" in body and not response.get("disableTemplating", False):
        response.child("body").note("the body is a template", "its text is taken as it is")
    if response.get("bodyType", "INLINE") != "INLINE":
        response.child("bodyType").note("the body is in another place", "the response is left without it")
        body = ""
    pairs = [(each.get("key", ""), each.get("value", "")) for each in response.child("headers").elements()]
    headers = headers_of(pairs, response.child("headers"))
    late = response.get("latency", 0) + latency
    delay = Span(late, late) if late > 0 else None
    return Captured(response.place, response.get("statusCode", 200), body, headers.type, headers.kept, delay)
