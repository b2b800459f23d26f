"""The JSON Schema of scenario files, for editors, for `mock-server schema` and for `schemas/scenario.schema.json`."""

from __future__ import annotations

from mock_server.scenarios.language.schema import scenario_schema, schema_text

__all__ = ("scenario_schema", "schema_text")
