"""What is wrong with a scenario file is reported with its place, what was expected and what to do."""

from __future__ import annotations

import sys
import textwrap

import pytest

from mock_server.scenarios.check import bodies
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.scenarios.source import read
from mock_server.schema.validator import Validator
from mock_server.vendors.registry import Registry
from tests.support.broken import MEANING, SHAPE, WALKED
from tests.support.loading import messages, problems


@pytest.mark.parametrize(
    ("text", "problem"), [*SHAPE.values(), *MEANING.values(), *WALKED.values()], ids=[*SHAPE, *MEANING, *WALKED]
)
def test_a_bad_file_is_refused_with_what_is_wrong_where_and_what_to_do(text: str, problem: str) -> None:
    assert any(line.startswith(problem) for line in messages(text)), messages(text)


@pytest.mark.parametrize(
    ("step", "fault", "end"),
    [
        ("", "delay: 250", "found 250 (add a unit, e.g. 250ms; there are ms, s, m, h, d)"),
        ("", "delay: 3", "found 3 (add a unit, e.g. 3s; there are ms, s, m, h, d)"),
        ("", "delay: 0.5", "found 0.5 (add a unit, e.g. 500ms; there are ms, s, m, h, d)"),
        ("", "delay: {median: 250, p99: 1s}", "found 250 (add a unit, e.g. 250ms; there are ms, s, m, h, d)"),
        ("", "{fault: hang, over: 2000}", "found 2000 (add a unit, e.g. 2000ms; there are ms, s, m, h, d)"),
        ("", "{fault: hang, over: -3}", "found -3 (add a unit, e.g. 1ms; there are ms, s, m, h, d)"),
        ("for: 250", "delay: 1s", "found 250 (add a unit, e.g. 250s; there are ms, s, m, h, d)"),
        ("hold: yes", "delay: 1s", 'expected true or false, found "yes" (write true)'),
        ("hold: Off", "delay: 1s", 'expected true or false, found "Off" (write false)'),
        ("hold: perhaps", "delay: 1s", 'expected true or false, found "perhaps"'),
        ("", "{fault: dribbel, over: 3s}", '"dribbel" is not a fault (did you mean "dribble"?)'),
        ("", "{fault: dribbel, over: 3s, body: x}", '"dribbel" is not a fault (did you mean "dribble"?)'),
    ],
)
def test_a_slip_has_one_message_that_says_what_to_write(step: str, fault: str, end: str) -> None:
    first = f"  - {{state: waiting, {step or 'polls: 1'}}}\n"
    fault = fault if fault.startswith("{") else f"{{{fault}}}"
    (message,) = messages(f"steps:\n{first}  - {{state: succeeded}}\nfaults: [{fault}]\n")
    assert message.endswith(end)


@pytest.mark.parametrize("text", [text for text, _ in SHAPE.values()], ids=[*SHAPE])
def test_both_validators_refuse_the_same_shapes(text: str) -> None:
    schema = scenario_schema(Registry())
    found = read(textwrap.dedent(text), "demo.yaml")
    fast, reference = Validator(schema).problems(found), Validator(schema, reference=True).problems(found)
    assert fast == reference


def test_without_the_quick_validator_the_reference_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    shape = Validator(scenario_schema(Registry()))
    assert shape.problems(read("steps: [{state: succeeded}]", "demo.yaml")) == []
    assert shape.problems(read("steps: []", "demo.yaml"))


def test_every_problem_of_a_file_is_reported_at_once_in_its_order() -> None:
    lines = messages("steps:\n  - {stat: waiting}\n  - {state: done}\nfaults: [{fault: x}]\nfoo: 1\n")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5"]


def test_a_misspelt_key_is_not_reported_as_missing_too() -> None:
    assert messages("steps: [{stat: waiting}]") == ['demo.yaml:1:10: unknown key "stat" (did you mean "state"?)']


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("z0", "looks like a vendor's id"),
        ("na0", "looks like a vendor's id"),
        ("5199337c31c8e4622f1590735b13a263", "looks like a vendor's id"),
        ("Happy", "is no name for a scenario"),
        ("my.slow", "is no name for a scenario"),
        ("", "is no name for a scenario"),
        ("a" * 101, "is no name for a scenario"),
    ],
)
def test_a_name_that_ids_could_not_tell_apart_is_refused(name: str, why: str) -> None:
    (problem,) = problems("steps: [{state: succeeded}]", name)
    assert why in problem.what
    assert problem.hint


def test_checking_a_file_takes_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_VIEWS", 100)
    steps = "".join(f"  - {{state: failed, reason: r{k}, polls: 1}}\n" for k in range(4))
    (problem,) = problems(f"items: 10\nsteps:\n{steps}  - {{state: failed}}\n")
    assert (problem.where, problem.what[:17]) == ("demo.yaml:6:5", "too much to check")


def test_steps_that_show_the_same_are_checked_once() -> None:
    steps = "".join("  - {state: processing, polls: 1}\n" for _ in range(999))
    assert problems(f"items: 1000\nsteps:\n{steps}  - {{state: succeeded}}\n") == ()
