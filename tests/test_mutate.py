"""Mutation testing counts rightly, knows a mutant whatever its number, and its list of verdicts is in order."""

from __future__ import annotations

import json
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support import mutate
from tests.support.mutate import Change, Mutant, Part, Verdict

SETUP = """
[mutate:engine]
modules =
    mock_server/engine/*.py
tests = tests/engine tests/faults

[mutate:guard]
modules = mock_server/admin/guard.py
tests = tests/admin
"""
ENGINE = Part("engine", ("mock_server/engine/*.py",), ("tests/engine", "tests/faults"))
GUARD = Part("guard", ("mock_server/admin/guard.py",), ("tests/admin",))
MUTATED = """
@_mutmut_mutated(mutants_xǁClockǁnow__mutmut)
def now(self, real):
    return real + 1

def xǁClockǁnow__mutmut_orig(self, real):
    return real + 1

def xǁClockǁnow__mutmut_1(self, real):
    return real - 1

def xǁClockǁnow__mutmut_2(self, real=None):
    return real + 1
"""
A, B, C = (Change("engine.clock.Clock.now", "return real + 1", f"return real {k}") for k in "-*/")


def test_the_parts_stand_in_setup_cfg() -> None:
    assert mutate.parts(SETUP) == {"engine": ENGINE, "guard": GUARD}


def test_every_part_names_modules_and_tests_that_are_there(root: Path) -> None:
    found = mutate.parts((root / "setup.cfg").read_text("utf-8"))
    assert found
    for part in found.values():
        assert all(list(root.glob(pattern)) for pattern in part.modules), part.name
        assert all((root / path).exists() for path in part.tests), part.name


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], [ENGINE, GUARD]),
        (["guard"], [GUARD]),
        (["engine.clock"], [ENGINE._replace(name="engine.clock", modules=("*/clock.py",))]),
    ],
)
def test_a_part_or_one_of_its_modules_can_be_chosen(names: list[str], expected: list[Part]) -> None:
    assert mutate.chosen(mutate.parts(SETUP), names) == expected


def test_a_part_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match="only engine, guard"):
        mutate.chosen(mutate.parts(SETUP), ["motor"])


def test_a_mutant_is_known_by_its_function_and_the_lines_it_changes(tmp_path: Path) -> None:
    (tmp_path / "mock_server" / "engine").mkdir(parents=True)
    file = tmp_path / "mock_server" / "engine" / "clock.py"
    file.write_text(MUTATED)
    names = [f"xǁClockǁnow__mutmut_{k}" for k in ("orig", 1, 2)]
    spans = {name: [line, line + 2] for name, line in zip(names, (5, 8, 11), strict=True)}
    (file.parent / "clock.py.spans").write_text(json.dumps({"version": 1, "spans": spans}))
    codes = {f"mock_server.engine.clock.{names[1]}": 0, f"mock_server.engine.clock.{names[2]}": 1}
    (file.parent / "clock.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    assert list(mutate.results(tmp_path)) == [
        Mutant(Change("engine.clock.Clock.now", "return real + 1", "return real - 1"), "survived"),
        Mutant(Change("engine.clock.Clock.now", "def now(self, real):", "def now(self, real=None):"), "killed"),
    ]


def test_equivalent_mutants_do_not_count_and_accepted_ones_do() -> None:
    mutants = [Mutant(A, "killed")] * 7 + [Mutant(B, "survived"), Mutant(C, "untested")]
    found = mutate.score(mutants, [Verdict(B, "equivalent", "why"), Verdict(C, "accepted", "why")])
    assert (found.mutants, found.killed, found.equivalent, found.accepted) == (9, 7, 1, 1)
    assert found.percent == 87.5
    assert not found.good
    assert mutate.score([*mutants, *mutants[:7]], [Verdict(C, "accepted", "why"), Verdict(B, "equivalent", "")]).good


def test_a_survivor_without_a_verdict_is_not_good_and_is_printed_as_an_entry_to_fill_in() -> None:
    found = mutate.score([Mutant(A, "killed")] * 99 + [Mutant(B, "survived")], [])
    assert found.percent == 99
    assert not found.good
    entry = mutate.report("engine", found).replace('equivalent = ""', 'equivalent = "why"')
    assert mutate.verdicts(entry.rpartition("\n")[0]) == (Verdict(B, "equivalent", "why"),)


def test_a_verdict_that_nothing_needs_any_more_is_named() -> None:
    elsewhere = Verdict(A._replace(function="engine.draws.Draws.unit"), "accepted", "why")
    found = mutate.score([Mutant(A, "killed")], [Verdict(A, "accepted", "why"), elsewhere])
    assert found.needless == (Verdict(A, "accepted", "why"),)
    assert "needless" in mutate.report("engine", found)


@pytest.mark.parametrize("reasons", ["", 'equivalent = ""', 'equivalent = "a"\naccepted = "b"'])
def test_an_entry_needs_one_reason(reasons: str) -> None:
    with pytest.raises(ValueError, match="expected one reason"):
        mutate.verdicts(f'[[mutant]]\nfunction = "f"\nold = "a"\nnew = "b"\n{reasons}')


def test_the_list_of_verdicts_has_no_entry_twice_and_only_functions_that_are_mutated(root: Path) -> None:
    listed = mutate.verdicts(mutate.VERDICTS.read_text("utf-8"))
    assert [change for change, times in Counter(each.change for each in listed).items() if times > 1] == []
    parts = mutate.parts((root / "setup.cfg").read_text("utf-8")).values()
    files = [path.relative_to(root).as_posix() for path in (root / "mock_server").rglob("*.py")]
    mutated = [file for file in files if any(fnmatch(file, pattern) for part in parts for pattern in part.modules)]
    modules = [file.removeprefix("mock_server/").removesuffix(".py").replace("/", ".") for file in mutated]
    assert [each for each in listed if not any(each.change.function.startswith(f"{name}.") for name in modules)] == []
