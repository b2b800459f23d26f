"""The shipped scenarios as a whole: between them they show all that is documented, and no two of them the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, islice, product
from typing import Any

import pytest

from mock_server.assembly import Server
from mock_server.emulator.playback import Playback, polls
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.faults.kinds import FAULTS
from mock_server.paths import data
from mock_server.scenarios.find import is_found
from mock_server.scenarios.timeline import phrases
from mock_server.types import Json
from tests.support.controls import bench
from tests.support.shipped import VENDORS

START = 1_700_000_000_123
GAPS = (50, 1_000, 60_000, 3_600_000, 86_400_000)
"""Milliseconds between the polls of some clients: from a hasty one to one that comes once a day."""
POLLS = 20
DRAWN_BY_REQUEST = frozenset({"x-reqid", "x-request-id", "date"})
NO_STEP_HAS = frozenset(
    {"no_route", "method", "unsigned", "unknown_key", "expired", "bad_token", "bad_signature", "bad_format"}
)
"""Words for requests that name no task, or whose signature is wrong: no scenario is asked then."""


@cache
def server() -> Server:
    return bench().server


def shipped() -> list[Scenario]:
    return sorted(server().catalogue.library.scenarios.values(), key=lambda scenario: scenario.name)


def seen(scenario: Scenario, vendor: str) -> Iterator[object]:
    """All that clients of a task can tell: what polls get at some cadences, what the submit gets, and who is told."""
    for gap in GAPS:
        task = Playback(server().renderer, scenario, Key(vendor, "one-id"), 0, START)
        for polled in islice(polls(task, gap, POLLS), POLLS):
            response = polled.entry.response
            headers = [pair for pair in response.headers if pair[0].lower() not in DRAWN_BY_REQUEST or pair[1] == ""]
            names = [name for name, _ in response.headers]
            yield response.status, headers, names, response.body, response.delivery, response.delay
    yield [phrases.effect(fault.effect) for fault in scenario.faults if fault.when.submit]
    yield scenario.notify


def test_there_are_at_least_ninety() -> None:
    assert len(shipped()) >= 90


def test_no_two_scenarios_have_the_same_responses() -> None:
    found = {each.name: {vendor: list(seen(each, vendor)) for vendor in each.vendors} for each in shipped()}
    same = [
        (one, other)
        for one, other in combinations(found, 2)
        if (common := found[one].keys() & found[other].keys())
        and all(found[one][vendor] == found[other][vendor] for vendor in common)
    ]
    assert same == []


def test_no_two_sentences_are_the_same_and_each_is_one_line_that_ends() -> None:
    sentences = [each.about for each in shipped()]
    assert len(set(sentences)) == len(sentences)
    assert [each for each in sentences if not each.endswith(".") or "\n" in each] == []


def test_every_fault_occurs() -> None:
    effects = [fault.effect for each in shipped() for fault in each.faults]
    assert {effect.fault for effect in effects} >= FAULTS.keys()
    assert {effect.status or 302 for effect in effects if effect.redirect} == {301, 302, 303, 307, 308}
    lengths = {effect.length > 0 for effect in effects if effect.length is not None}
    assert lengths == {True, False}


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_row_of_the_errors_occurs(vendor: str) -> None:
    dialect = server().registry.dialect(vendor)
    rows = {(row.status, row.code) for word, row in dialect.errors.items() if word not in NO_STEP_HAS}
    found = set()
    for each in shipped():
        if vendor in each.vendors:
            its = server().registry.dialect(vendor, each.options)
            errors = {step.error for step in each.steps} | {fault.effect.error for fault in each.faults}
            found |= {(row.status, row.code) for row, _ in (its.error(error) for error in errors if error is not None)}
    assert rows - found == set()


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_message_that_the_contract_page_lists_for_a_status_occurs(vendor: str) -> None:
    """The list is in a decision of the page, since a code of Wangsu's is only the status."""
    page = (data("scenarios").parent / "docs" / "contract.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if "media API has several messages" in line)
    listed = [word for word in re.findall(r"`([^`]+)`", row) if word[0].isupper() or word == "bucketErrorPage"]
    assert len(listed) == 11
    if vendor == "wangsu":
        text = (data("scenarios") / "every-error-wangsu.yaml").read_text("utf-8")
        assert [message for message in listed if message not in text] == []


def test_a_search_finds_a_scenario_by_each_status_and_text_of_an_error_that_polls_see() -> None:
    missed = []
    for each in shipped():
        dialects = [server().registry.dialect(vendor, each.options) for vendor in each.vendors]
        told: set[str] = set()
        for vendor, gap in product(each.vendors, (GAPS[1], GAPS[-1])):
            task = Playback(server().renderer, each, Key(vendor, "one-id"), 0, START)
            for polled in islice(polls(task, gap, POLLS), POLLS):
                response = polled.entry.response
                if response.status >= 400 and not polled.entry.faults:
                    told |= {value for value in json.loads(response.body).values() if isinstance(value, str)}
                told |= {str(response.status)} - {"200"}
        missed += [(each.name, text) for text in told if not is_found(each, dialects, text)]
    assert missed == []


def fields(schema: Mapping[str, Any]) -> set[str]:
    """The names of the fields of a schema, at every depth."""
    own = schema.get("properties", {})
    below = [*own.values(), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]
    return set(own).union(*map(fields, below)) if below else set(own)


def keys(value: Json) -> set[str]:
    """The keys of a value, at every depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("profile", ["document", "sdk", "live"])
def test_every_documented_field_is_in_a_response(vendor: str, profile: str) -> None:
    schema = json.loads((data("schemas") / vendor / f"status.{profile}.schema.json").read_text("utf-8"))
    found: set[str] = set()
    for each in shipped():
        if vendor not in each.vendors or each.options.get("profile", "sdk") != profile:
            continue
        task = Playback(server().renderer, each, Key(vendor, "one-id"), 0, START)
        for polled in islice(polls(task, GAPS[2], POLLS), POLLS):
            if polled.entry.verdict == "fits" and not polled.entry.faults and polled.entry.response.status == 200:
                found |= keys(json.loads(polled.entry.response.body))
    assert fields(schema) - found == set()
