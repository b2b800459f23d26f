"""A part of a file: where it stands, what it holds, and what it reports."""

from __future__ import annotations

import pytest

from mock_server.engine import durations
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.source import read

TEXT = """\
steps:
  - {state: waiting, for: 3s}
  - {state: done, for: soon, next: {a: 1}}
ids: [one, two]
"""


@pytest.fixture
def root() -> Part:
    return Part.root_of(read(TEXT, "x.yaml"))


def test_a_part_is_reached_step_by_step_or_by_its_path(root: Part) -> None:
    step = root.child("steps").elements()[1]
    assert step == root.child("steps", 1)
    assert (step.path, step.get("state"), "for" in step, "polls" in step) == (("steps", 1), "done", True, False)
    assert [(key, part.path, part.value) for key, part in step.child("next").items()] == [
        ("a", ("steps", 1, "next", "a"), 1)
    ]


def test_what_a_file_leaves_out_is_a_part_that_holds_nothing(root: Part) -> None:
    absent = root.child("faults")
    assert (absent.value, absent.elements(), list(absent.items()), "a" in absent) == (None, [], [], False)
    assert (absent.get("a"), absent.get("a", 1), absent.child("b", 3).value) == (None, 1, None)
    assert (absent.read(durations.length), root.problems.listed()) == (None, [])


def test_a_problem_stands_at_its_value_or_at_its_key(root: Part) -> None:
    step = root.child("steps", 1)
    step.child("state").report("no such state", "try another")
    step.report("no such key", key="state")
    step.child("next").report("no such step", key="a")
    assert list(map(str, root.problems.listed())) == [
        "x.yaml:3:13: no such state (try another)",
        "x.yaml:3:6: no such key",
        "x.yaml:3:37: no such step",
    ]


def test_a_problem_of_what_a_file_leaves_out_stands_at_the_nearest_part_above_it(root: Part) -> None:
    root.child("steps", 0, "reason").report("there is no reason")
    assert [problem.where for problem in root.problems.listed()] == ["x.yaml:2:5"]


def test_the_same_problem_is_noted_once(root: Part) -> None:
    for _ in range(2):
        root.report("wrong")
        root.child("ids", 0).report("wrong")
    assert [problem.where for problem in root.problems.listed()] == ["x.yaml:1:1", "x.yaml:4:7"]


def test_what_cannot_be_read_is_a_problem_and_the_rest_is_read(root: Part) -> None:
    first, second = (step.child("for").read(durations.length) for step in root.child("steps").elements())
    assert (first, second) == (3_000, None)
    assert [problem.where for problem in root.problems.listed()] == ["x.yaml:3:24"]
