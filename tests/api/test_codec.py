"""Values of the API and JSON: moments keep their form, values survive the round trip, schemas say what is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mock_server.admin.responses import STRUCTS
from mock_server.api.codec import Moment, decode, plain, schemas
from mock_server.api.values import Clock, Fault, Problem, Task
from mock_server.engine.timestamps import LATEST, moment_text

NOW = Moment.of(1_767_225_600_000)


class Holder(msgspec.Struct, frozen=True):
    """Something that happened."""

    at: Moment
    title: str | None
    more: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET


@given(st.integers(-LATEST, LATEST))
def test_a_moment_is_written_as_the_rest_of_the_house_writes_it(ms: int) -> None:
    assert str(Moment.of(ms)) == moment_text(ms)
    text = json.dumps(plain(Holder(Moment.of(ms), None))).encode()
    assert decode(text, Holder).at == Moment.of(ms)


def test_a_moment_beyond_the_calendar_is_its_end() -> None:
    assert (Moment.of(10**18).year, Moment.of(-(10**18)).year) == (9999, 1)


def test_a_moment_is_a_datetime_in_utc() -> None:
    assert datetime(2026, 1, 1, tzinfo=UTC) == NOW
    assert timedelta(seconds=1) == Moment.of(1_767_225_601_000) - NOW


def test_fields_keep_their_order_and_those_that_are_unset_are_left_out() -> None:
    fault = Fault(1, None, "a*", 2, NOW, None, 0, over="3s", error=599)
    said = {"number": 1, "vendor": None, "id": "a*", "times": 2, "until": "2026-01-01T00:00:00.000Z"}
    assert list(plain(fault).items()) == [*said.items(), ("armed", None), ("struck", 0), ("error", 599), ("over", "3s")]
    assert fault.effect == {"error": 599, "over": "3s"}


def test_a_newer_server_may_say_more() -> None:
    assert decode(b'{"where":"$","what":"bad","hint":"","docs":"?"}', Problem) == Problem("$", "bad", "")


@pytest.mark.parametrize("text", [b"", b"<html>", b"{}", b"[]", b'{"now":"soon"}', b'{"now":1}'])
def test_what_is_no_such_value_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode(text, Clock)


class Choice(msgspec.Struct, frozen=True):
    """One of two words, or none."""

    word: Literal["yes", "no"] | None


def test_the_schema_of_a_word_that_may_be_missing_lets_null_through() -> None:
    (schema,) = schemas([Choice], "#/{name}").values()
    validator = Draft202012Validator(schema)
    assert [validator.is_valid({"word": word}) for word in ("yes", None, "maybe")] == [True, True, False]


def test_a_schema_is_closed_and_has_its_types_in_one_list() -> None:
    (schema,) = schemas([Holder], "#/{name}").values()
    assert schema["description"] == "Something that happened."
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["at", "title"]
    assert schema["properties"]["title"] == {"type": ["string", "null"]}
    assert schema["properties"]["at"]["pattern"].endswith("[.][0-9]{3}Z$")


def test_every_response_is_described_and_described_well() -> None:
    found = schemas(STRUCTS, "#/{name}")
    assert {struct.__name__ for struct in STRUCTS} <= set(found)
    for schema in found.values():
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
        assert schema["type"] == "string" if "enum" in schema else schema["additionalProperties"] is False


def test_a_history_that_was_not_asked_for_is_empty_and_left_out() -> None:
    fields: Any = dict.fromkeys((each.name for each in msgspec.structs.fields(Task) if each.required), None)
    task = Task(**fields)
    assert (task.history, "history" in plain(task)) == ((), False)
    assert plain(msgspec.structs.replace(task, exchanges=()))["history"] == ()
