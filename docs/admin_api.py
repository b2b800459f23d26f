"""The page on the admin API, from the OpenAPI document that the server serves; for `build.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from docs.schema_rows import Json, holds, plain, rows
from mock_server.admin.openapi import document
from mock_server.admin.route import Result
from mock_server.admin.routes import routes_of
from mock_server.vendors.registry import Registry

INTRO = """# Admin API

Every call of the admin API, from the OpenAPI document that a running server has at `/__admin/openapi.json`. Times are
ISO 8601 in UTC. Lengths of time are milliseconds in responses, and are written as in scenario files (`10m`) in
requests. With `--admin-token`, each call but those marked *free* needs `Authorization: Bearer TOKEN`. [Test a
client](testing.md) shows the same operations in pytest, Python and a terminal, and [security](security.md) says who
may call.

An error is JSON with `error`, a short name that [the reference](reference.md#errors-of-mock-server) lists, `message`,
and `problems`, each with its place and a hint. Of what is nested deeply only the top is shown here; the document has
it all."""
HEADS = ("field", "holds", "meaning")
MOST = 40
"""Rows of a table; of a larger object only its own fields are shown, as of a bundle, which nobody writes."""


def openapi() -> Json:
    """The document of the server as it is."""
    return document(routes_of(Registry(), lambda controls, asked: Result(None)))


def sections(table: object) -> Iterator[str]:
    """The page's parts: each call under the word that its path begins with, then the shapes of what is sent."""
    assert callable(table)
    found = openapi()
    calls = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in (each["name"] for each in found["tags"]):
        yield f"## {tag.capitalize()}: calls"
        for _, method, path, operation in (each for each in calls if each[0] == tag):
            yield f"### `{method} {path}`"
            yield from _call(operation, found, table)
    yield "## Shapes"
    for name, schema in found["components"]["schemas"].items():
        if not name.endswith("Body"):
            yield f"### {name}"
            yield plain(schema.get("description", "")) or "A value."
            listed = _fields(schema, sent=False)
            yield table(HEADS, listed) if listed else f"It is {holds(schema, _link)}."


def _call(operation: Json, found: Json, table: object) -> Iterator[str]:
    assert callable(table)
    free = " *Free.*" if operation["security"] == [{}] else ""
    yield f"{plain(operation['summary'])}.{free}"
    if operation["parameters"]:
        listed = [
            (
                f"`{each['name']}`{' (required)' * each['required']}",
                holds(each["schema"], _link),
                plain(each["description"]),
            )
            for each in operation["parameters"]
        ]
        yield table(("parameter", "holds", "meaning"), listed)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        body = found["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        if "$defs" in body:
            yield f"The body is `{media}`, a scenario file with the keys of the [reference](scenario-reference.md)."
            continue
        yield f"The body is `{media}`:"
        listed = _fields(body, sent=True)
        yield table(HEADS, listed) if listed else f"{holds(body, _link).capitalize()}."
        yield from (f"Example: `{json.dumps(example)}`" for example in body.get("examples", ())[-1:] if listed)
    yield _answers(operation)


def _answers(operation: Json) -> str:
    """`200: Task. Refused with 403, 422.`"""
    good, bad = [], []
    for status, response in sorted(operation["responses"].items()):
        if "$ref" in response:
            bad.append(status)
        else:
            (media, content), *_ = response["content"].items()
            what = holds(content["schema"], _link)
            good.append(f"{status} with {what}{f' as `{media}`' if media != 'application/json' else ''}")
    return f"It answers {' or '.join(good)}. It refuses with {', '.join(bad)}."


def _fields(schema: Json, *, sent: bool) -> list[tuple[str, str, str]]:
    """Its fields. Marked are those that a client must send, and those that a response may lack."""
    found = list(rows(schema, _link))
    if len(found) > MOST:
        found = [row for row in found if "." not in row.place]
    return [(f"`{row.place}`{_mark(row.required, sent=sent)}", row.holds, row.about) for row in found]


def _mark(required: bool, *, sent: bool) -> str:
    if required == sent:
        return " (required)" if sent else " (optional)"
    return ""


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"
