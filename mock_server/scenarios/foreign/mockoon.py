"""Environments of Mockoon: routes, each with responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mock_server.engine.scenario import Span
from mock_server.scenarios.foreign.headers import headers_of
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.foreign.series import Captured, Series, asked
from mock_server.types import Json
from mock_server.vendors.registry import Registry

_ENVIRONMENT = frozenset(
    {"uuid", "lastMigration", "name", "port", "hostname", "endpointPrefix", "latency", "routes", "rootChildren",
     "folders", "headers"}
)  # fmt: skip
_ROUTE = frozenset({"uuid", "type", "documentation", "method", "endpoint", "responses", "responseMode"})
_RESPONSE = frozenset(
    {"uuid", "body", "latency", "statusCode", "label", "headers", "bodyType", "disableTemplating", "default",
     "rulesOperator", "crudKey"}
)  # fmt: skip
_OFF: Mapping[str, Json] = MappingProxyType({"tlsOptions": False, "proxyReqHeaders": "", "proxyResHeaders": ""})
"""Parts that the program always writes, each with what stands in it while it says nothing."""
_PARAMETER = re.compile(r":[A-Za-z_]\w*")


def series_of(root: Node, registry: Registry) -> list[Series]:
    """A series for each route that is a vendor's status request."""
    root.only(_ENVIRONMENT | {name for name, off in _OFF.items() if _is_off(root.child(name).value, off)})
    found = []
    for route in root.child("routes").elements():
        prefix = root.get("endpointPrefix", "").strip("/")
        path = f"/{prefix}/{route.get('endpoint', '').lstrip('/')}".replace("//", "/")
        method = {"all": "ANY"}.get(route.get("method", ""), route.get("method", "").upper())
        task = asked(registry, method, _PARAMETER.sub("any", path), {})
        if task is None:
            route.note(f"{method} {path} is no vendor's status request", "it is left out")
            continue
        route.only(_ROUTE if route.child("streamingInterval").value else _ROUTE | {"streamingInterval"})
        responses = [_captured(each, root) for each in _played(route)]
        if responses:
            found.append(Series(task.vendor, task.id, tuple(responses), route.place))
    return found


def _is_off(value: Json, off: Json) -> bool:
    if isinstance(value, dict):
        return value.get("enabled") is off
    return isinstance(value, list) and all(isinstance(each, dict) and each.get("key") == off for each in value)


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


def _captured(response: Node, root: Node) -> Captured:
    """A response, with the latency and the headers of its environment; its own headers win."""
    response.only(_RESPONSE)
    body = response.get("body", "")
    if "{{" in body and not response.get("disableTemplating", False):
        response.child("body").note("the body is a template", "its text is taken as it is")
    if response.get("bodyType", "INLINE") != "INLINE":
        response.child("bodyType").note("the body is in another place", "the response is left without it")
        body = ""
    own = _pairs(response)
    named = {name.lower() for name, _ in own}
    shared = [(name, value) for name, value in _pairs(root) if name.lower() not in named]
    headers = headers_of([*own, *shared], response.child("headers"))
    late = response.get("latency", 0) + root.get("latency", 0)
    delay = Span(late, late) if late > 0 else None
    return Captured(response.place, response.get("statusCode", 200), body, headers.type, headers.kept, delay)


def _pairs(holder: Node) -> list[tuple[str, str]]:
    return [(each.get("key", ""), each.get("value", "")) for each in holder.child("headers").elements()]
