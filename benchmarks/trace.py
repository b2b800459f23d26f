"""Traces polls through the code: how many functions each calls, in how many files, and how often it changes file.

No time is measured. The figures say how far a reader has to follow a request, and are the same on every run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from benchmarks.in_process import line_to, request
from benchmarks.places import ROOT
from benchmarks.sample import MANY, ONE, SCENARIOS, sample
from mock_server.assembly import assemble
from mock_server.server.own_paths import OwnPaths
from mock_server.settings import Settings

PACKAGE = ROOT / "mock_server"
FIRST, SECOND, STANDING = "first poll of a new id", "second poll of it", "poll of a task that stands still"
STAGED = ", by the stages"
FIGURES = {
    FIRST: (85, 63),
    SECOND: (48, 38),
    STANDING: (20, 18),
    FIRST + STAGED: (107, 76),
    SECOND + STAGED: (93, 69),
    STANDING + STAGED: (66, 51),
}
"""The calls and changes of file of each poll when they were counted last. Fewer are better: then count anew."""
SLACK = 0.1
"""By how much of its figures a poll may exceed them. Other versions of Python differ by a call or two."""
_WARM = 200
"""How many polls come first, so that no traced one loads or builds anything."""
_PARTS = frozenset({"<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>"})
"""Parts of a function that have a frame of their own, some in older versions of Python only."""


class Call(NamedTuple):
    """A call of a Python function of this package. `file` is relative to the package, `depth` 0 is the outermost."""

    depth: int
    file: str
    name: str


class Trace(NamedTuple):
    """The calls of one poll, in the order they were made."""

    subject: str
    calls: tuple[Call, ...]

    @property
    def changes(self) -> int:
        """How often a call goes to another file than the call before it."""
        return sum(one.file != two.file for one, two in pairwise(self.calls))

    @property
    def files(self) -> int:
        """How many files take part."""
        return len({call.file for call in self.calls})

    def within(self) -> bool:
        """Whether the poll takes no more than it took."""
        calls, changes = FIGURES[self.subject]
        return len(self.calls) <= calls * (1 + SLACK) and self.changes <= changes * (1 + SLACK)


def traces() -> tuple[Trace, ...]:
    """The polls that `FIGURES` names: on the fast path, and through the stages."""
    return (*_traces(fast_path=True), *_traces(fast_path=False))


def _traces(*, fast_path: bool) -> tuple[Trace, ...]:
    """The first poll of an id, the second, and a poll of a task that stands still, whose body is remembered."""
    polls = sample()
    server = assemble(Settings(scenarios=(SCENARIOS,), no_reload=True))
    with line_to(server, OwnPaths(server), fast_path=fast_path) as line:

        def poll(id: str) -> None:
            line.poll(request(polls.target(id)))
            assert b"".join(line.sent).startswith(b"HTTP/1.1 200 "), line.sent

        for k in range(_WARM):
            poll(f"{MANY}warm-{k // 2}")
            poll(ONE)
        how = "" if fast_path else STAGED
        return (
            Trace(FIRST + how, traced(lambda: poll(f"{MANY}traced"))),
            Trace(SECOND + how, traced(lambda: poll(f"{MANY}traced"))),
            Trace(STANDING + how, traced(lambda: poll(ONE))),
        )


def traced(act: Callable[[], object]) -> tuple[Call, ...]:
    """Every call of a function of this package while `act` runs.

    A comprehension counts as part of the function around it. Calls of C code and of other packages do not count.
    """
    calls: list[Call] = []
    stack: list[FrameType] = []

    def hook(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and _is_ours(frame):
            stack.append(frame)
            code = frame.f_code
            file = Path(code.co_filename).relative_to(PACKAGE).as_posix()
            calls.append(Call(len(stack) - 1, file, code.co_qualname.replace("<locals>.", "")))
        elif event == "return" and stack and stack[-1] is frame:
            stack.pop()

    sys.setprofile(hook)
    try:
        act()
    finally:
        sys.setprofile(None)
    return tuple(calls)


def _is_ours(frame: FrameType) -> bool:
    code = frame.f_code
    return code.co_filename.startswith(f"{PACKAGE}/") and code.co_name not in _PARTS


def report(found: Sequence[Trace], *, verbose: bool = False) -> str:
    """The figures as a table; with `verbose` every call of every poll before it, indented by depth."""
    lines = []
    if verbose:
        for each in found:
            lines += [f"{each.subject}:", ""]
            lines += [f"  {'  ' * call.depth}{call.name}  ({call.file})" for call in each.calls]
            lines.append("")
    lines.append(f"{'':48}{'calls':>7}{'changes of file':>17}{'files':>7}{'before':>12}")
    for each in found:
        before = "{}, {}".format(*FIGURES[each.subject])
        lines.append(f"{each.subject:48}{len(each.calls):>7}{each.changes:>17}{each.files:>7}{before:>12}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the figures. With `--check` it fails where a poll is longer than it was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trace", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="list every call")
    parser.add_argument("--check", action="store_true", help="fail where a poll takes more than it took before")
    options = parser.parse_args(argv)
    found = traces()
    print(report(found, verbose=options.verbose))
    if options.check and not all(each.within() for each in found):
        sys.exit("a poll takes a tenth more calls or changes of file than before")


if __name__ == "__main__":
    main()
