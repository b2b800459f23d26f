"""Mutation testing: small changes of the product, each of which some test must catch.

`python -m tests.support.mutate [PART...]` runs mutmut over the parts of `setup.cfg` (sections `mutate:PART`), and
compares what survives with `tests/mutants.toml`, which says of each survivor why it may. A part may be narrowed to one
of its modules: `engine.cursor`. Each part has a working copy below `build/mutate/`. A second run tests only what
survived the first, and functions that changed; `--fresh` begins anew.

mutmut numbers the mutants of a function, so a number means another mutant after the next edit. Here a mutant is known
by its function and by the lines that it changes.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from pathlib import Path
from typing import Literal, NamedTuple, get_args

ROOT = Path(__file__).resolve().parents[2]
AREA = ROOT / "build" / "mutate"
VERDICTS = ROOT / "tests" / "mutants.toml"
GOAL = 90.0
"""The least score of a part, in percent."""

Outcome = Literal["killed", "survived", "untested"]
Kind = Literal["equivalent", "accepted"]

_SHARED = ("mock_server", "tests", "schemas", "scenarios", "fixtures", "docs", "benchmarks", "pyproject.toml")
_SETTINGS = """
[mutmut]
source_paths = mock_server
also_copy =
    schemas
    scenarios
    fixtures
    docs
    benchmarks
only_mutate =
{modules}
pytest_add_cli_args =
    -p
    no:cacheprovider
    --hypothesis-profile=mutants
pytest_add_cli_args_test_selection =
{tests}
timeout_multiplier = 3
timeout_constant = 2
track_dependencies = false
use_git_change_detection = false
on_dependency_change = ignore
"""
_KINDS: tuple[Kind, ...] = get_args(Kind)
_UNTESTED = (5, 33)
_SURVIVED = 0


class Part(NamedTuple):
    """What is mutated together: `modules` are glob patterns of files, `tests` paths of the tests that must catch it."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def area(self) -> Path:
        """Where it is mutated."""
        return AREA / self.name


class Change(NamedTuple):
    """A mutant as it stands in the list: the function, the lines that go, and those in their place.

    `nth` tells apart the mutants of a function that change equal lines in the same way, in the order of the lines.
    """

    function: str
    old: str
    new: str
    nth: int = 1


class Mutant(NamedTuple):
    """A mutant of one run."""

    change: Change
    outcome: Outcome


class Verdict(NamedTuple):
    """Why a mutant may survive. `equivalent`: no test could tell it from the original. `accepted`: none needs to."""

    change: Change
    kind: Kind
    because: str


class Score(NamedTuple):
    """A run held against the verdicts."""

    mutants: int
    killed: int
    equivalent: int
    accepted: int
    unjudged: tuple[Mutant, ...]
    needless: tuple[Verdict, ...]
    """Verdicts on what does not survive, or no longer exists."""

    @property
    def percent(self) -> float:
        """Of those that a test could catch, how many are caught."""
        return 100 * self.killed / max(1, self.mutants - self.equivalent)

    @property
    def good(self) -> bool:
        """Whether enough are killed and each of the others has its verdict."""
        return self.percent >= GOAL and not self.unjudged


def parts(setup: str) -> dict[str, Part]:
    """The parts that the text of `setup.cfg` names."""
    config = ConfigParser()
    config.read_string(setup)
    found = {}
    for section in config.sections():
        kind, _, name = section.partition(":")
        if kind == "mutate":
            found[name] = Part(name, *(tuple(config[section][key].split()) for key in ("modules", "tests")))
    return found


def chosen(known: dict[str, Part], names: Sequence[str]) -> list[Part]:
    """The parts of these names, or all; `part.module` is one module of a part. SystemExit: there is no such part."""
    found = []
    for name in names or list(known):
        part, _, module = name.partition(".")
        if part not in known:
            sys.exit(f"there is no part {part!r}, only {', '.join(known)}")
        narrowed = tuple(f"*/{module.replace('.', '/')}.py" for _ in (1,) if module)
        found.append(known[part]._replace(name=name, modules=narrowed or known[part].modules))
    return found


def verdicts(text: str) -> tuple[Verdict, ...]:
    """The list of `mutants.toml`. ValueError: an entry says too little."""
    found = []
    for entry in tomllib.loads(text).get("mutant", []):
        kinds = [kind for kind in _KINDS if entry.get(kind)]
        if len(kinds) != 1:
            raise ValueError(f"{entry.get('function')}: expected one reason, as `equivalent` or as `accepted`")
        change = Change(entry["function"], entry["old"], entry["new"], entry.get("nth", 1))
        found.append(Verdict(change, kinds[0], entry[kinds[0]]))
    return tuple(found)


def score(mutants: Sequence[Mutant], listed: Sequence[Verdict]) -> Score:
    """The mutants of a run, judged."""
    known = {verdict.change: verdict for verdict in listed}
    alive = [mutant for mutant in mutants if mutant.outcome != "killed"]
    judged = Counter(known[mutant.change].kind for mutant in alive if mutant.change in known)
    functions = {mutant.change.function for mutant in mutants}
    living = {mutant.change for mutant in alive}
    return Score(
        len(mutants),
        len(mutants) - len(alive),
        judged["equivalent"],
        judged["accepted"],
        tuple(mutant for mutant in alive if mutant.change not in known),
        tuple(each for each in listed if each.change.function in functions and each.change not in living),
    )


def report(part: str, found: Score) -> str:
    """The score of a part in a line, then what there is to do, the unjudged as entries to fill in."""
    lines = []
    for mutant in found.unjudged:
        function, old, new, nth = mutant.change
        words = [f"[[mutant]]  # {mutant.outcome}", f"function = {_toml(function)}", f"old = {_toml(old)}"]
        words += [f"new = {_toml(new)}", *([f"nth = {nth}"] if nth > 1 else [])]
        lines += [*words, 'equivalent = ""', ""]
    for verdict in found.needless:
        change = verdict.change
        lines.append(f"needless, for it is killed or gone: {change.function}: {change.old!r} -> {change.new!r}")
    counted = f"{found.killed} of {found.mutants} killed, {found.equivalent} equivalent, {found.accepted} accepted"
    lines.append(f"{part}: {found.percent:.1f} %: {counted}, {len(found.unjudged)} without a verdict")
    return "\n".join(lines)


def _toml(text: str) -> str:
    """As a TOML string, which is JSON's for any text but DEL."""
    return json.dumps(text, ensure_ascii=False)


def run(part: Part, *, jobs: int, fresh: bool) -> None:
    """Mutates a part and tests every mutant. SystemExit: the tests fail without any mutation, or mutmut does."""
    if fresh:
        shutil.rmtree(part.area, ignore_errors=True)
    _prepare(part)
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(jobs)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    log = part.area / "mutmut.log"
    print(f"{part.name}: mutmut writes {log.relative_to(ROOT)}", file=sys.stderr, flush=True)
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(command, cwd=part.area, env=env, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"{part.name}: mutmut failed:\n{log.read_text('utf-8')[-4000:]}")


def _prepare(part: Part) -> None:
    part.area.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        link = part.area / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    modules, tests = ("\n".join(f"    {each}" for each in group) for group in (part.modules, part.tests))
    settings = (ROOT / "setup.cfg").read_text("utf-8") + _SETTINGS.format(modules=modules, tests=tests)
    (part.area / "setup.cfg").write_text(settings, "utf-8")
    # Copied anew, so that no deleted test is run; and which test reaches what is found out anew.
    shutil.rmtree(part.area / "mutants" / "tests", ignore_errors=True)
    (part.area / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for path in (part.area / "mutants").rglob("*.meta"):
        meta = json.loads(path.read_text("utf-8"))
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {
            name: None if code in (_SURVIVED, *_UNTESTED) else code for name, code in codes.items()
        }
        path.write_text(json.dumps(meta), "utf-8")


def results(mutated: Path) -> Iterator[Mutant]:
    """The mutants in a folder of mutmut's, as far as they were tested."""
    for path in sorted(mutated.rglob("*.py.meta")):
        file = path.with_suffix("")
        codes = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        spans = json.loads(file.with_name(f"{file.name}.spans").read_text("utf-8"))["spans"] if codes else {}
        lines = file.read_text("utf-8").splitlines()
        module = file.relative_to(mutated / "mock_server").with_suffix("").as_posix().replace("/", ".")
        seen: Counter[Change] = Counter()
        for name, code in codes.items():
            if code is not None:
                function = name.rpartition(".")[2]
                original = function.rpartition("__mutmut_")[0] + "__mutmut_orig"
                before, after = (_source(lines, spans[each], each) for each in (original, function))
                change = Change(f"{module}.{_plain(function)}", *_changed(before, after))
                seen[change] += 1
                yield Mutant(change._replace(nth=seen[change]), _outcome(code))


def _outcome(code: int) -> Outcome:
    if code == _SURVIVED:
        return "survived"
    return "untested" if code in _UNTESTED else "killed"


def _source(lines: Sequence[str], span: tuple[int, int], mangled: str) -> list[str]:
    """The lines of a function under its own name, without their indent."""
    name = _plain(mangled).rpartition(".")[2]
    return [line.strip().replace(mangled, name) for line in lines[span[0] - 1 : span[1]]]


def _plain(mangled: str) -> str:
    """`xǁTaskǁat__mutmut_3` is `Task.at`, `x_born__mutmut_1` is `born`."""
    name = mangled.partition("__mutmut_")[0]
    return name.removeprefix("x_") if name.startswith("x_") else name.removeprefix("xǁ").replace("ǁ", ".")


def _changed(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """The lines that differ."""
    old: list[str] = []
    new: list[str] = []
    for line in difflib.ndiff(before, after):
        if line.startswith(("- ", "+ ")):
            (old if line.startswith("-") else new).append(line[2:])
    return "\n".join(old), "\n".join(new)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the parts and reports each. It fails where a score is below the goal or a survivor has no verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.mutate", description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of setup.cfg, or PART.MODULE; all without any")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many mutants at once")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--report", action="store_true", help="run nothing, report the last run")
    options = parser.parse_args(argv)
    listed = verdicts(VERDICTS.read_text("utf-8"))
    reports, good = [], True
    for part in chosen(parts((ROOT / "setup.cfg").read_text("utf-8")), options.parts):
        if not options.report:
            run(part, jobs=options.jobs, fresh=options.fresh)
        found = score(list(results(part.area / "mutants")), listed)
        good = good and found.good
        reports.append(report(part.name, found))
    print("\n".join(reports))
    sys.exit(not good)


if __name__ == "__main__":
    main()
