"""The OpenAPI document, made from the table of routes, the schemas that check requests, and the API's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mock_server.admin.responses import ref, response_schemas
from mock_server.admin.route import Route, Text
from mock_server.types import Json
from mock_server.version import VERSION

_MEANINGS: Mapping[int, str] = {
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    403: "The request comes from another site's page, or uses a host name that is not allowed.",
    404: "It does not exist.",
    405: "The method is not served here.",
    409: "It conflicts with the present state, or the exchanges are not as expected.",
    410: "The journal evicted exchanges that the answer depends on.",
    413: "The body is too large.",
    415: "The body has a type that is not read here.",
    422: "The request is invalid; every problem is listed.",
    503: "The server is full or too busy, or its store cannot be reached; Retry-After says when to ask again.",
}


def document(routes: Sequence[Route]) -> Json:
    """The document of these routes."""
    paths: dict[str, dict[str, Json]] = {}
    for route in routes:
        path = route.full_path.replace("<name>", "{name}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    bodies = {
        _body_name(route): _moved(_schema_of(route), _body_name(route)) for route in routes if route.body is not None
    }
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "mock-server admin API",
            "version": VERSION,
            "description": "Controls and inspects a running server. Times are ISO 8601 in UTC; lengths of time are "
            "milliseconds in responses and written as scenario files write them (`10m`) in requests. JSON is "
            "indented where a request accepts `text/html`, as browsers do, and on `?pretty` with any path.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(route) for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {**response_schemas(), **bodies},
            "responses": {_refusal(status): _error(status) for status in _MEANINGS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "`--admin-token`."}},
        },
    }


def statuses(route: Route) -> tuple[int, ...]:
    """Every status that a route can answer."""
    of_bodies: tuple[int, ...] = () if route.body is None else (413, 415)
    of_json: tuple[int, ...] = () if route.body is None or isinstance(route.body, Text) else (400,)
    token = () if route.free else (401,)
    also = () if route.also is None else (route.also,)
    return tuple(sorted({route.status, *also, 403, 413, 422, 503, *token, *of_bodies, *of_json, *route.refusals}))


def _operation(route: Route) -> Json:
    success = {"description": route.summary, "content": {route.media: {"schema": ref(route.response)}}}
    refusals = {str(status): {"$ref": f"#/components/responses/{_refusal(status)}"} for status in statuses(route)}
    operation: dict[str, Json] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [_tag(route)],
        "parameters": _parameters(route),
        "responses": {**refusals, **dict.fromkeys(map(str, filter(None, (route.status, route.also))), success)},
        # Without --admin-token no token is required.
        "security": [{}] if route.free else [{}, {"token": []}],
    }
    if route.body is not None:
        types = route.body.types if isinstance(route.body, Text) else ("application/json",)
        content = {type: {"schema": ref(_body_name(route))} for type in types}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route) -> list[Json]:
    found: list[Json] = [
        {
            "name": name,
            "in": "query",
            "required": name in route.required,
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in route.query.items()
    ]
    if "<name>" in route.path:
        schema = {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 100}
        found.append({"name": "name", "in": "path", "required": True, "description": route.segment, "schema": schema})
    return found


def _error(status: int) -> Json:
    return {"description": _MEANINGS[status], "content": {"application/json": {"schema": ref("Error")}}}


def _refusal(status: int) -> str:
    return f"Refused{status}"


def _tag(route: Route) -> str:
    return route.path.split("/")[1].partition(".")[0]


def _body_name(route: Route) -> str:
    return f"{route.name[0].upper()}{route.name[1:]}Body"


def _schema_of(route: Route) -> Json:
    return route.body.schema if isinstance(route.body, Text) else route.body


def _moved(schema: Json, name: str) -> Json:
    """A schema whose inner references start at the root of the document."""
    if isinstance(schema, dict):
        return {
            key: _moved_ref(value, name) if key == "$ref" else _moved(value, name)
            for key, value in schema.items()
            if key != "$schema"
        }
    return [_moved(part, name) for part in schema] if isinstance(schema, list) else schema


def _moved_ref(target: Json, name: str) -> Json:
    return re.sub(r"^#/", f"#/components/schemas/{name}/", target) if isinstance(target, str) else _moved(target, name)
