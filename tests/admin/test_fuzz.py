"""Made-up requests to every route of the admin API: no defect shows, and every response is as the document says."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from mock_server.admin.route import Result, Route
from mock_server.admin.routes import routes_of
from mock_server.vendors.registry import Registry
from tests.support.admin_kit import AdminWorld, admin_world

# The fuzzer leaves out the document that it reads itself.
ROUTES = [route for route in routes_of(Registry(), lambda *_: Result({})) if route.name != "openapi"]
ALWAYS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
WRONG = [*ALWAYS, negative_data_rejection, unsupported_method]
EXAMPLES = 5


@cache
def world() -> tuple[AdminWorld, Any]:
    """One server for all of this, and its document as the fuzzer reads it."""
    made = admin_world()
    made.server.stopping.set()  # so that no wait takes its time
    return made, schemathesis.openapi.from_wsgi("/__admin/openapi.json", made.app)


def test_the_fuzzer_meets_every_route() -> None:
    found = {operation.ok().label for operation in world()[1].get_all_operations()}
    assert found == {f"{route.method} {route.full_path.replace('<name>', '{name}')}" for route in ROUTES}


CASES = [(route, GenerationMode.POSITIVE) for route in ROUTES] + [
    (route, GenerationMode.NEGATIVE) for route in ROUTES if route.query or route.body is not None or "<" in route.path
]


@pytest.mark.parametrize(("route", "mode"), CASES, ids=[f"{route.name}-{mode.value}" for route, mode in CASES])
def test_whatever_is_sent_the_response_is_as_the_document_says(route: Route, mode: GenerationMode) -> None:
    operation = world()[1][route.full_path.replace("<name>", "{name}")][route.method]

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(checks=ALWAYS if mode is GenerationMode.POSITIVE else WRONG)

    send()
