"""The responses of the admin API: their schemas, by the names that the OpenAPI document gives them."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.api import contract, coverage, exchange, notifications, scenarios, timeline, values
from mock_server.api.codec import schemas
from mock_server.types import Json

STRUCTS = (
    values.Error,
    values.Task,
    values.Tasks,
    values.TaskWhole,
    values.TaskScenario,
    values.Dropped,
    scenarios.ScenarioBrief,
    scenarios.Scenarios,
    scenarios.ScenarioWhole,
    scenarios.Checked,
    scenarios.Removed,
    timeline.Timeline,
    values.Fault,
    values.Faults,
    values.Hands,
    values.Disarmed,
    values.Rule,
    values.Rules,
    values.RulesDropped,
    notifications.Attempt,
    notifications.Owed,
    notifications.Notifications,
    values.Clock,
    contract.Contract,
    exchange.Exchange,
    exchange.Exchanges,
    exchange.Unmatched,
    exchange.Verified,
    exchange.Waited,
    exchange.Forgotten,
    coverage.Coverage,
    values.Health,
    values.Pulse,
    values.Version,
    values.Loaded,
    values.Reset,
)
"""What handlers return. What these hold is described too."""

OTHERS: Mapping[str, Json] = {
    "Metrics": {"type": "string", "description": "Metrics in Prometheus' text format."},
    "Bundle": {"type": "object", "description": "A run; `POST bundle` says what is in it."},
    "Document": {"type": "object", "description": "An OpenAPI document."},
}
"""Responses that are no value of the API."""


def ref(name: str) -> dict[str, Json]:
    """A reference to another of these schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def response_schemas() -> Mapping[str, Json]:
    """Every schema, by name."""
    return {**schemas(STRUCTS, ref("{name}")["$ref"]), **OTHERS}
