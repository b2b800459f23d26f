"""Stub mappings of WireMock, and the scenarios that they form by their states."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from mock_server.engine.scenario import Lognormal, Span
from mock_server.scenarios.foreign.headers import headers_of
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.foreign.series import Asked, Captured, Series, asked
from mock_server.vendors.registry import Registry

STARTED = "Started"
FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "CONNECTION_RESET_BY_PEER": "reset",
        "EMPTY_RESPONSE": "empty",
        "MALFORMED_RESPONSE_CHUNK": "bad_chunk",
        "RANDOM_DATA_THEN_CLOSE": "garbage",
    }
)
_MAPPING = frozenset(
    {"id", "uuid", "name", "request", "response", "scenarioName", "requiredScenarioState", "newScenarioState",
     "persistent", "metadata", "insertionIndex"}
)  # fmt: skip
_REQUEST = frozenset({"method", "url", "urlPath", "queryParameters"})
_RESPONSE = frozenset(
    {"status", "body", "jsonBody", "base64Body", "headers", "fixedDelayMilliseconds", "delayDistribution",
     "chunkedDribbleDelay", "fault"}
)  # fmt: skip
_DISTRIBUTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"uniform": frozenset({"type", "lower", "upper"}), "lognormal": frozenset({"type", "median", "sigma"})}
)
_P99 = 2.3263478740408408
"""Standard deviations above the middle of the 99th percentile of a normal distribution."""


class _Stub(NamedTuple):
    """A mapping for a status request: its scenario, the state it needs, and the one it leads to."""

    node: Node
    task: Asked
    scenario: str
    needs: str
    leads: str
    captured: Captured


def series_of(root: Node, registry: Registry) -> list[Series]:
    """The series of a file of one mapping, or of many: of each task and scenario its mappings, by their states."""
    mappings = list(root.child("mappings").elements()) or [root]
    if mappings != [root]:
        root.only(frozenset({"mappings", "meta"}))
    chains: dict[tuple[Asked, str], list[_Stub]] = {}
    for k, node in enumerate(mappings):
        stub = _stub(node, registry)
        if stub is not None:
            chains.setdefault((stub.task, stub.scenario or f"mapping {k}"), []).append(stub)
    return [
        Series(task.vendor, task.id, tuple(each.captured for each in _in_order(stubs)), stubs[0].node.place or "$")
        for (task, _), stubs in chains.items()
    ]


def _in_order(stubs: Sequence[_Stub]) -> Iterator[_Stub]:
    """The mappings from the first state on, each once; a way back, and what no state leads to, are noted."""
    by_state: dict[str, _Stub] = {}
    for stub in stubs:
        if by_state.setdefault(stub.needs, stub) is not stub:
            stub.node.note(f"a second mapping for the state {stub.needs!r}", "it is left out")
    state, left = (STARTED if STARTED in by_state else stubs[0].needs), dict(by_state)
    while state in left:
        stub = left.pop(state)
        yield stub
        if stub.leads and stub.leads in by_state and stub.leads not in left:
            stub.node.note(f"the state goes back to {stub.leads!r}", "it is left out; the last response goes on")
        state = stub.leads
    for stub in left.values():
        stub.node.note(f"nothing leads to the state {stub.needs!r}", "it is left out")


def _stub(node: Node, registry: Registry) -> _Stub | None:
    request = node.child("request")
    method, url = request.get("method", "ANY"), request.get("url", "") or request.get("urlPath", "")
    parameters = request.child("queryParameters")
    query = {}
    for name in parameters.value if isinstance(parameters.value, dict) else ():
        matcher = parameters.child(name)
        query[name] = matcher.get("equalTo", "")
        matcher.only(frozenset({"equalTo"}))
    found = asked(registry, method, url, query) if url else None
    if found is None:
        path = url.partition("?")[0] or "without a plain url"
        node.note(f"{method} {path} is no vendor's status request", "it is left out")
        return None
    task = found if found.id else Asked(found.vendor, _named(registry, found.vendor, query))
    node.only(_MAPPING)
    request.only(_REQUEST)
    scenario = node.get("scenarioName", "")
    needs = node.get("requiredScenarioState", "") or STARTED
    return _Stub(node, task, scenario, needs, node.get("newScenarioState", ""), _captured(node.child("response")))


def _named(registry: Registry, vendor: str, query: dict[str, str]) -> str | None:
    names = {route.id for route in registry.dialect(vendor).routes if route.asks == "status"}
    return next((value for name, value in query.items() if name in names and value), None)


def _captured(response: Node) -> Captured:
    response.only(_RESPONSE)
    given = response.child("headers")
    named = given.value if isinstance(given.value, dict) else {}
    # Every value is read, so that one that is no text is noted.
    pairs = [(name, text) for name in named if (text := given.child(name).read(str, "")) or named[name] == ""]
    headers = headers_of(pairs, given)
    fault = response.get("fault", "")
    if fault and fault not in FAULTS:
        response.child("fault").note(f"the fault {fault!r} is not known", "it is left out")
    dribble = _dribble(response.child("chunkedDribbleDelay"), fault)
    return Captured(
        response.place,
        response.get("status", 200),
        _body(response),
        headers.type,
        headers.kept,
        _delay(response),
        "dribble" if dribble else FAULTS.get(fault, ""),
        dribble or None,
    )


def _dribble(given: Node, fault: str) -> int:
    """Over how many milliseconds a body comes in pieces; 0: at once."""
    over = given.get("totalDuration", 0)
    if given.value is not None and fault:
        given.note(f"a response with the fault {fault!r} has no other", "it is left out")
        return 0
    if given.get("numberOfChunks", 0):
        given.child("numberOfChunks").note("a scenario has no number of chunks", "the body comes in small pieces")
    given.only(frozenset({"totalDuration", "numberOfChunks"}))
    return max(over, 0)


def _body(response: Node) -> str:
    if response.child("jsonBody").value is not None:
        return json.dumps(response.child("jsonBody").value, ensure_ascii=False, separators=(",", ":"))
    encoded = response.get("base64Body", "")
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8") if encoded else response.get("body", "")
    except (binascii.Error, ValueError):
        response.child("base64Body").note("the body is no text in UTF-8", "the response is left without a body")
        return ""


def _delay(response: Node) -> Span | Lognormal | None:
    fixed = response.get("fixedDelayMilliseconds", 0)
    given = response.child("delayDistribution")
    if fixed > 0:
        if given.value is not None:
            given.note("a second delay", "it is left out")
        return Span(fixed, fixed)
    kind = given.get("type", "")
    if kind in _DISTRIBUTIONS:
        given.only(_DISTRIBUTIONS[kind])
    if kind == "uniform" and 0 < given.get("lower", 0) <= given.get("upper", 0):
        return Span(given.get("lower", 0), given.get("upper", 0))
    sigma = given.child("sigma").value
    if kind == "lognormal" and isinstance(sigma, int | float) and 0 < sigma < 5 and given.get("median", 0) > 0:
        median = given.get("median", 0)
        return Lognormal(median, max(median, round(median * math.exp(_P99 * sigma))))
    if kind:
        given.note(f"the distribution {kind!r} cannot be written in a scenario", "it is left out")
    return None
