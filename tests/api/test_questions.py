"""The fields of questions are one list: what is declared is checked, matched, and offered as a flag."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from mock_server.admin import schemas
from mock_server.api.questions import (
    CADENCE_SCHEMA,
    FILTER_SCHEMA,
    QUESTION_SCHEMA,
    Cadence,
    ExchangeFilter,
    Expectation,
    TaskFilter,
    Verification,
    fields_of,
    length_text,
)
from mock_server.cli.remote import EXCHANGE_FLAGS, TASK_FLAGS
from mock_server.cli.requests import verify
from mock_server.control.task_view import Wanted
from mock_server.engine import durations
from mock_server.journal.filter import MATCHERS
from mock_server.vendors.registry import Registry

QUESTIONS: tuple[Any, ...] = (TaskFilter, ExchangeFilter, Cadence, Expectation, Verification)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_field_has_a_schema_with_a_description(question: Any) -> None:
    for field in fields_of(question).values():
        Draft202012Validator.check_schema(field)
        assert field["description"].endswith(".")


def test_every_field_of_a_filter_is_matched() -> None:
    assert list(MATCHERS) == list(ExchangeFilter.__annotations__)
    assert list(Wanted._fields) == list(TaskFilter.__annotations__)


def test_every_field_is_a_key_of_a_body_and_a_parameter_of_a_query() -> None:
    assert list(FILTER_SCHEMA["properties"]) == list(ExchangeFilter.__annotations__)
    assert list(CADENCE_SCHEMA["properties"]) == list(Cadence.__annotations__)
    assert list(QUESTION_SCHEMA["properties"]) == ["where", *Expectation.__annotations__]
    assert list(schemas.exchange_filter(Registry())) == list(ExchangeFilter.__annotations__)
    assert list(schemas.task_filter(Registry())) == list(TaskFilter.__annotations__)


def test_every_expectation_is_a_flag() -> None:
    flags = {param.name for param in verify.params if isinstance(param, click.Option)}
    expected = {*EXCHANGE_FLAGS, *Expectation.__annotations__, *Cadence.__annotations__} - {
        "clock",
        "cadence",
        "statuses",
    }
    assert expected <= flags
    assert set(TASK_FLAGS) == set(TaskFilter.__annotations__)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        ("10m", "10m"),
        (timedelta(minutes=1), "60000ms"),
        (timedelta(microseconds=600), "1ms"),
        (timedelta(days=36500), "3153600000000ms"),
    ],
)
def test_a_length_of_time_is_text_or_a_timedelta(length: Any, text: str) -> None:
    assert length_text(length) == text
    assert durations.length(text) > 0
